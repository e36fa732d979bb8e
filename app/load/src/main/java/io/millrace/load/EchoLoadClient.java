// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import java.util.Arrays;

/** Sends a message over TCP and expects the same bytes back. */
final class EchoLoadClient extends Client {
    private final byte[] message;

    /** How much of the message has come back. */
    private int back;

    EchoLoadClient(Worker worker, byte[] message) {
        super(worker);
        this.message = message;
    }

    @Override
    boolean begin() {
        back = 0;
        return true;
    }

    @Override
    int write(Buffer out, int place) {
        out.append(message);
        return message.length;
    }

    @Override
    boolean read(Buffer in) {
        while (!in.isEmpty() && expectsAnswer()) {
            int n = Math.min(in.readable(), message.length - back);
            if (!Arrays.equals(in.array(), in.head(), in.head() + n, message, back, back + n)) {
                return false;
            }
            in.consume(n);
            back += n;
            if (back == message.length) {
                back = 0;
                answered(0, Next.ANOTHER);
            }
        }
        return in.isEmpty();
    }

    @Override
    void readEnd() {
        // A message that is not whole is a failure: nothing to do here.
    }

    @Override
    boolean isAnswering() {
        return back > 0;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.io.InputStream;

/** An answer whose body is read while it comes. For one thread at a time. */
public final class StreamedResponse implements AutoCloseable {
    private final ResponseHead head;
    private final ResponseInput input;

    StreamedResponse(ResponseHead head, ResponseInput input) {
        this.head = head;
        this.input = input;
    }

    /** Returns status and fields. */
    public ResponseHead head() {
        return head;
    }

    /** Returns the status code. */
    public int status() {
        return head.status();
    }

    /** Returns the body. Reading waits for the server, and throws a {@link HttpFailure} if the answer breaks off. */
    public InputStream body() {
        return input;
    }

    /** Wants no more of the answer: reads what is left if that is little, else closes the connection. */
    @Override
    public void close() {
        input.close();
    }
}

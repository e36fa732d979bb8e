// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.http1.ResponseParser;

/** Asks over HTTP/1.1: the same request each time, made once. Of an answer only the status counts. */
final class HttpLoadClient extends Client {
    private static final int LONGEST_HEAD = 64 * 1024;
    private static final int MOST_FIELDS = 1000;

    private final byte[] request;
    private final String method;
    private final ResponseParser parser = new ResponseParser(LONGEST_HEAD, MOST_FIELDS);

    HttpLoadClient(Worker worker, byte[] request) {
        super(worker);
        this.request = request;
        this.method = worker.plan().message().method();
    }

    @Override
    boolean begin() {
        parser.begin(method);
        return true;
    }

    @Override
    int write(Buffer out, int place) {
        out.append(request);
        return request.length;
    }

    @Override
    boolean read(Buffer in) {
        int event = ResponseParser.DATA;
        while (event > 0 && expectsAnswer()) {
            event = parser.step(in.array(), in.head(), in.tail());
            in.consume(parser.consumed());
            if (event == ResponseParser.END) {
                complete();
                if (in.isEmpty()) {
                    return true;
                }
            }
        }
        // Without a request it is no answer.
        return event == ResponseParser.NEED_MORE;
    }

    private void complete() {
        int statusClass = parser.statusClass();
        Next next = parser.lasts() ? Next.ANOTHER : isTunnel() ? Next.CLOSE : Next.SERVER_CLOSES;
        parser.begin(method);
        answered(statusClass, next);
    }

    private boolean isTunnel() {
        return parser.framing() == ResponseParser.Framing.TUNNEL;
    }

    @Override
    void readEnd() {
        if (parser.end() == ResponseParser.END) {
            complete();
        }
    }

    @Override
    boolean isAnswering() {
        return parser.begun();
    }
}

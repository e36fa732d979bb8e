// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;

/** Asks over HTTP/1.1: the same request each time, made once. */
final class HttpClient extends Client {
    private final byte[] request;
    private final boolean head;
    private final ResponseReader reader = new ResponseReader();

    HttpClient(Worker worker, byte[] request) {
        super(worker);
        this.request = request;
        this.head = worker.plan().message().method().equals("HEAD");
    }

    @Override
    void begin() {
        reader.begin(head);
    }

    @Override
    int write(Buffer out) {
        out.append(request);
        return request.length;
    }

    @Override
    boolean read(Buffer in) {
        while (!in.isEmpty()) {
            int result = reader.read(in);
            if (result == ResponseReader.DONE) {
                answered(reader.status(), reader.closes());
            } else {
                return result != ResponseReader.BAD;
            }
        }
        return true;
    }

    @Override
    void readEnd() {
        if (reader.endsWithConnection()) {
            answered(reader.status(), true);
        }
    }
}

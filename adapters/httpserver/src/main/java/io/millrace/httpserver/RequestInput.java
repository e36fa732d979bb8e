// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import io.millrace.http.RequestBody;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/**
 * The body of a request. Asks for it at the first read, which is also when a client that waits for 100 (Continue) gets
 * it. Closed twice is closed; what is left unread then is read and dropped by the server, up to its limit.
 */
final class RequestInput extends InputStream {
    private final RequestBody body;
    private final byte[] single = new byte[1];
    private InputStream stream;
    private boolean ended;
    private volatile boolean closed;

    RequestInput(RequestBody body) {
        this.body = body;
        this.ended = body.isEmpty();
    }

    @Override
    public int read() throws IOException {
        return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        checkOpen();
        if (ended || length == 0) {
            return ended ? -1 : 0;
        }
        int count = stream().read(into, offset, length);
        ended = count < 0;
        return count;
    }

    @Override
    public int available() throws IOException {
        checkOpen();
        return ended || stream == null ? 0 : stream.available();
    }

    private InputStream stream() {
        if (stream == null) {
            stream = body.stream();
        }
        return stream;
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
    }

    /** Returns whether the body has been read to its end, or there is none. */
    boolean isEnded() {
        return ended;
    }

    @Override
    public void close() {
        closed = true;
    }
}

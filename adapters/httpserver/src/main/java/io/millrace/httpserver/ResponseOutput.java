// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import io.millrace.http.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * The body of an answer. May be taken, and wrapped by a filter, before the head is known; writing waits for that. A
 * body of a known length that fits into {@link #GATHERED} is sent with its head in one piece.
 */
final class ResponseOutput extends OutputStream {
    private static final int GATHERED = 16 * 1024;

    private final Response response;
    private final Runnable onClose;
    private final byte[] single = new byte[1];

    // What is behind: at first nothing, then a gathered body, a stream, or a connection that has changed its protocol.
    private byte[] gathered;
    private int count;
    private OutputStream stream;
    private boolean begun;
    private long announced = -1;
    private long left;
    private boolean closed;

    /** Makes the body of {@code response}; {@code onClose} is called when it is closed. */
    ResponseOutput(Response response, Runnable onClose) {
        this.response = response;
        this.onClose = onClose;
    }

    /** The head announces {@code length} bytes; nothing has been sent. */
    void fixed(long length) {
        begun = true;
        announced = length;
        left = length;
        if (length <= GATHERED) {
            gathered = new byte[(int) length];
        } else {
            stream = response.stream(length);
        }
    }

    /** The head announces no length. */
    void unbounded() {
        to(response.stream());
    }

    /** What is written goes to another stream. */
    void to(OutputStream next) {
        begun = true;
        stream = next;
    }

    /** There is no body, and the answer has been given. */
    void none() {
        begun = true;
        closed = true;
        onClose.run();
    }

    @Override
    public void write(int value) throws IOException {
        single[0] = (byte) value;
        write(single, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0 && begun) {
            return; // programs write an empty body where there is none
        }
        checkOpen();
        if (announced >= 0) {
            take(length);
        }
        if (stream != null) {
            stream.write(bytes, offset, length);
        } else {
            System.arraycopy(bytes, offset, gathered, count, length);
            count += length;
        }
    }

    private void take(int length) throws IOException {
        if (length > left) {
            throw new IOException(
                    length + " bytes are more than the " + left + " left of the " + announced + " that were announced");
        }
        left -= length;
    }

    private void checkOpen() throws IOException {
        if (!begun) {
            throw new IOException("response headers not sent yet");
        }
        if (closed) {
            throw new IOException("the stream is closed");
        }
    }

    @Override
    public void flush() throws IOException {
        if (!begun) {
            throw new IOException("response headers not sent yet");
        }
        if (closed) {
            return;
        }
        if (stream == null) {
            stream = response.stream(announced);
            stream.write(gathered, 0, count);
            gathered = null;
        }
        stream.flush();
    }

    @Override
    public void close() throws IOException {
        if (!begun) {
            throw new IOException("response headers not sent yet");
        }
        if (closed) {
            return;
        }
        closed = true;
        onClose.run();
        if (announced >= 0 && left > 0) {
            response.abort();
            throw new IOException(left + " bytes of the " + announced + " that were announced are missing");
        }
        if (stream == null) {
            response.send(gathered);
        } else {
            stream.close();
        }
    }

    /** Returns whether the head is known. */
    boolean isBegun() {
        return begun;
    }

    /** Returns whether everything has been written and closed. */
    boolean isClosed() {
        return closed;
    }

    /** Returns whether all the bytes that were announced have been written. */
    boolean isComplete() {
        return announced >= 0 && left == 0;
    }
}

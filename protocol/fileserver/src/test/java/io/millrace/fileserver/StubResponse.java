// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import io.millrace.http.FieldBlock;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Takes one answer and keeps it to be looked at. Insists on what the contract of Response asks for. */
final class StubResponse extends Response {
    private final FieldBlock headers = new FieldBlock();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private int status = 200;
    private boolean sent;
    private long length = -1;
    private long from = -1;
    private boolean fromFile;

    /** The body as a text, a character for each byte. */
    String text() {
        return body.toString(StandardCharsets.ISO_8859_1);
    }

    String utf8() {
        return body.toString(StandardCharsets.UTF_8);
    }

    byte[] bytes() {
        return body.toByteArray();
    }

    /** What Content-Length will say. */
    long length() {
        return length;
    }

    /** Where in the file the body began, -1 if it did not come from an open file in one piece. */
    long from() {
        return from;
    }

    boolean fromFile() {
        return fromFile;
    }

    boolean sent() {
        return sent;
    }

    List<String> all(String name) {
        return headers.all(name);
    }

    private void settle(long bytes) {
        if (sent) {
            throw new IllegalStateException("answered twice");
        }
        sent = true;
        length = bytes;
    }

    private void unsettled() {
        if (sent) {
            throw new IllegalStateException("the head is settled");
        }
    }

    @Override
    public Response status(int value) {
        unsettled();
        status = value;
        return this;
    }

    @Override
    public int status() {
        return status;
    }

    @Override
    public Response header(String name, String value) {
        unsettled();
        headers.append(name, value);
        return this;
    }

    @Override
    public Response setHeader(String name, String value) {
        unsettled();
        headers.set(name, value);
        return this;
    }

    @Override
    public String header(String name) {
        return headers.first(name);
    }

    @Override
    public void send() {
        settle(0);
    }

    @Override
    public void send(byte[] bytes) {
        send(bytes, 0, bytes.length);
    }

    @Override
    public void send(byte[] bytes, int offset, int count) {
        settle(count);
        body.write(bytes, offset, count);
    }

    @Override
    public void send(String text) {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void send(OpenFile file, long first, long count) {
        try (file) {
            settle(count);
            from = first;
            fromFile = true;
            copy(file, first, Math.min(count, 1 << 20));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void copy(OpenFile file, long first, long count) throws IOException {
        byte[] bytes = new byte[(int) count];
        int done = 0;
        for (int n = 0; done < count && n >= 0; done += Math.max(n, 0)) {
            n = file.read(first + done, bytes, done, bytes.length - done);
        }
        body.write(bytes, 0, done);
    }

    @Override
    public ResponseStream stream() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ResponseStream stream(long announced) {
        settle(announced);
        return new ResponseStream() {
            private long promised = announced;

            @Override
            public boolean writable() {
                return true;
            }

            @Override
            public void onWritable(Runnable task) {}

            @Override
            public void onAborted(Runnable task) {}

            @Override
            public void write(SharedBytes bytes) {
                write(bytes.array(), bytes.offset(), bytes.length());
            }

            @Override
            public void keepAlive(Duration silence, byte[] bytes) {}

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public boolean inLoop() {
                return true;
            }

            @Override
            public void execute(Runnable task) {
                task.run();
            }

            @Override
            public long pending() {
                return 0;
            }

            @Override
            public void abort() {}

            @Override
            public void trailer(String name, String value) {}

            @Override
            public void transfer(OpenFile file, long first, long count) throws IOException {
                try (file) {
                    fromFile = true;
                    promised -= count;
                    copy(file, first, Math.min(count, 1 << 20));
                }
            }

            @Override
            public void write(int value) {
                promised--;
                body.write(value);
            }

            @Override
            public void write(byte[] bytes, int offset, int count) {
                promised -= count;
                body.write(bytes, offset, count);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {
                if (promised != 0) {
                    throw new IllegalStateException(promised + " bytes missing of " + announced);
                }
            }
        };
    }

    @Override
    public Response defer() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean committed() {
        return sent;
    }

    @Override
    public void abort() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public void upgrade(String name, Supplier<Protocol> next) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Response interim(int interimStatus) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sendHead(long length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Response closeAfter() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onAborted(Runnable task) {}

    @Override
    public void onStopping(Runnable task) {}

    @Override
    public void json(Object value) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void json(Object value, Response through) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void send(Path file, Request request, Response through) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void send(Path file) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void fail(Throwable e) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onComplete(Consumer<Outcome> task) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void onComplete(Runnable task) {}

    @Override
    public long bytesSent() {
        return body.size();
    }
}

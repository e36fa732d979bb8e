// SPDX-License-Identifier: Apache-2.0
package io.millrace.clients;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.http.Routes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A gRPC service made of handlers alone ("gRPC over HTTP2"): messages are bytes, each behind a flag and its length.
 * Every method runs on the loop.
 */
final class GrpcService {
    /** What the service is called. */
    static final String NAME = "millrace.Echo";

    private static final int PREFIX = 5;

    /** Counts the calls without a deadline that were broken off. */
    final AtomicInteger cancelled = new AtomicInteger();

    /** Counts the calls with a deadline that were broken off. */
    final AtomicInteger expired = new AtomicInteger();

    /** Waits until a number is larger than it was. */
    static void awaitMore(AtomicInteger count, int before) throws InterruptedException {
        for (int i = 0; i < 3000 && count.get() <= before; i++) {
            Thread.sleep(10);
        }
        assertTrue(count.get() > before, "the server was not told");
    }

    /** Adds the methods to a server. */
    void addTo(Routes<?> routes) {
        add(routes, "Unary", (request, response) -> new Echo(open(response), false).read(request));
        add(routes, "Bidi", (request, response) -> new Echo(open(response), false).read(request));
        add(routes, "Cut", (request, response) -> new Echo(open(response), true).read(request));
        add(routes, "Count", (request, response) -> new Sum(open(response)).read(request));
        add(routes, "Numbers", (request, response) -> new Numbers(open(response)).read(request));
        add(routes, "Refuse", (request, response) -> refuse(response));
        add(routes, "Hang", (request, response) -> hang(request, open(response)));
    }

    private static void add(Routes<?> routes, String method, Handler handler) {
        routes.post("/" + NAME + "/" + method, Dispatch.INLINE, handler);
    }

    private static void refuse(Response response) {
        response.type("application/grpc")
                .header("grpc-status", "7")
                .header("grpc-message", "not for you")
                .send();
    }

    private static ResponseStream open(Response response) {
        return response.defer().type("application/grpc").stream();
    }

    private void hang(Request request, ResponseStream stream) throws IOException {
        AtomicInteger told = request.header("grpc-timeout") == null ? cancelled : expired;
        stream.onAborted(told::incrementAndGet);
        stream.flush();
    }

    /** Collects messages from what comes in. */
    private abstract static class Messages implements RequestBody.Reader {
        final ResponseStream stream;
        private RequestBody body;
        private byte[] kept = {};

        Messages(ResponseStream stream) {
            this.stream = stream;
        }

        void read(Request request) throws IOException {
            body = request.body();
            stream.onWritable(() -> body.pause(false));
            stream.flush();
            body.read(this);
        }

        abstract void message(byte[] message) throws IOException;

        abstract void last() throws IOException;

        @Override
        public void data(byte[] bytes, int offset, int length) {
            ByteBuffer all = ByteBuffer.allocate(kept.length + length)
                    .put(kept)
                    .put(bytes, offset, length)
                    .flip();
            try {
                while (all.remaining() >= PREFIX && all.remaining() >= PREFIX + all.getInt(all.position() + 1)) {
                    all.get();
                    byte[] message = new byte[all.getInt()];
                    all.get(message);
                    message(message);
                }
                stream.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            kept = new byte[all.remaining()];
            all.get(kept);
            body.pause(!stream.writable());
        }

        @Override
        public void end() {
            try {
                last();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void failed(IOException why) {
            // The stream tells its end by itself.
        }

        final void write(byte[] message) throws IOException {
            stream.write(ByteBuffer.allocate(PREFIX + message.length)
                    .put((byte) 0)
                    .putInt(message.length)
                    .put(message)
                    .array());
        }

        final void end(String status) throws IOException {
            stream.trailer("grpc-status", status);
            stream.close();
        }
    }

    /** Sends each message back; in the end all is well, or not. */
    private static final class Echo extends Messages {
        private final boolean fails;

        Echo(ResponseStream stream, boolean fails) {
            super(stream);
            this.fails = fails;
        }

        @Override
        void message(byte[] message) throws IOException {
            write(message);
        }

        @Override
        void last() throws IOException {
            end(fails ? "10" : "0");
        }
    }

    /** Says how many messages there were. */
    private static final class Sum extends Messages {
        private int count;

        Sum(ResponseStream stream) {
            super(stream);
        }

        @Override
        void message(byte[] message) {
            count++;
        }

        @Override
        void last() throws IOException {
            write(Integer.toString(count).getBytes(StandardCharsets.US_ASCII));
            end("0");
        }
    }

    /** Sends as many messages as it was asked for, as fast as they are taken. */
    private static final class Numbers extends Messages {
        private int next;
        private int most;

        Numbers(ResponseStream stream) {
            super(stream);
        }

        @Override
        void message(byte[] message) {
            most = Integer.parseInt(new String(message, StandardCharsets.US_ASCII));
        }

        @Override
        void last() throws IOException {
            stream.onWritable(this::go);
            go();
        }

        private void go() {
            try {
                while (next < most && stream.writable()) {
                    write(Integer.toString(next++).getBytes(StandardCharsets.US_ASCII));
                }
                if (next == most) {
                    end("0");
                    next++;
                } else {
                    stream.flush();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

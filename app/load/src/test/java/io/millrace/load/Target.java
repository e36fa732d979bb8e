// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** A server to be asked, as simple as can be, with the habits that a test wants. */
final class Target implements AutoCloseable {
    private static final byte[] ANSWER =
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] LAST = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
            .getBytes(StandardCharsets.US_ASCII);

    private static final byte[] END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final LoopGroup loops;
    private final Listener listening;

    private Target(String address, Supplier<Protocol> protocols) throws IOException {
        loops = LoopGroup.open(1);
        listening = loops.listen(ListenOptions.on(new InetSocketAddress(address, 0)), () -> protocols::get);
    }

    static Target of(Supplier<Protocol> protocols) throws IOException {
        return at("127.0.0.1", protocols);
    }

    static Target at(String address, Supplier<Protocol> protocols) throws IOException {
        return new Target(address, protocols);
    }

    int port() {
        return listening.address().getPort();
    }

    int connections() {
        return listening.connections();
    }

    @Override
    public void close() {
        loops.close();
    }

    static LoadPlan plan(String url, int connections, double rate, Duration duration) {
        return new LoadPlan(
                LoadTarget.parse(url),
                new LoadPlan.Clients(connections, 1, 1, true, Duration.ZERO),
                new LoadPlan.Pace(rate, Duration.ZERO, duration, Duration.ofSeconds(5)),
                new LoadPlan.Message(
                        "GET",
                        List.of(),
                        url.startsWith("tcp") ? "0123456789".getBytes(StandardCharsets.US_ASCII) : new byte[0]),
                LoadPlan.Beside.NOBODY);
    }

    /** Sends back what comes. */
    static final class Echo implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
        }
    }

    /** Answers each head; closes after so many answers; stands still once, at one of them. */
    static final class Http implements Protocol {
        final AtomicInteger asked;
        final int perConnection;
        final int stallAt;
        final Duration stall;
        private int answered;

        Http(AtomicInteger asked, int perConnection, int stallAt, Duration stall) {
            this.asked = asked;
            this.perConnection = perConnection;
            this.stallAt = stallAt;
            this.stall = stall;
        }

        @Override
        public void receive(Buffer in, Link link) {
            for (int end = end(in); end > 0; end = end(in)) {
                boolean closes = head(in, end).contains("Connection: close");
                in.consume(end);
                if (asked.incrementAndGet() == stallAt) {
                    LockSupport.parkNanos(stall.toNanos());
                }
                closes |= ++answered == perConnection;
                link.out().append(closes ? LAST : ANSWER);
                link.flush();
                if (closes) {
                    link.close(CloseMode.FLUSHED);
                    return;
                }
            }
        }
    }

    /** Gives every request the same answer, and closes without a word after so many on a connection. */
    static final class Same implements Protocol {
        private final AtomicInteger asked;
        private final byte[] answer;
        private final int perConnection;
        private int answered;

        Same(AtomicInteger asked, String answer, int perConnection) {
            this.asked = asked;
            this.answer = answer.getBytes(StandardCharsets.ISO_8859_1);
            this.perConnection = perConnection;
        }

        @Override
        public void receive(Buffer in, Link link) {
            for (int end = end(in); end > 0; end = end(in)) {
                in.consume(end);
                asked.incrementAndGet();
                link.out().append(answer);
                link.flush();
                if (++answered == perConnection) {
                    in.consume(in.readable());
                    link.close(CloseMode.FLUSHED);
                }
            }
        }
    }

    static String head(Buffer in, int end) {
        return new String(in.array(), in.head(), end, StandardCharsets.ISO_8859_1);
    }

    /** The length of the first request, which has no body; 0 if it is not whole. */
    static int end(Buffer in) {
        int end = in.indexOf(END, 0);
        return end < 0 ? 0 : end + END.length;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.load.Load;
import io.millrace.load.LoadPlan;
import io.millrace.load.LoadResult;
import io.millrace.load.LoadTarget;
import io.millrace.net.ConnectFailure;
import io.millrace.net.Connector;
import io.millrace.transport.LoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The clients of {@code bench/websocket}, on one loop: a line on standard input, a number on standard output.
 *
 * <pre>
 *   echo PORT CONNECTIONS SECONDS BYTES     messages that came back
 *   open PORT PATH COUNT                    opens so many sockets, and keeps them
 *   broadcast TIMES                         the first of them says a word, and all are waited for: nanoseconds
 *   close                                   ends all that were opened
 * </pre>
 */
public final class WebSocketLoad {
    private static final int AT_ONCE = 64;
    private static final int NEWS = 1024 + 4;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    /** A masked text of one byte. */
    private static final byte[] WORD = {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'b'};

    private final LoopGroup loops;
    private final List<Receiver> receivers = new ArrayList<>();
    private final Semaphore opening = new Semaphore(AT_ONCE);
    private final AtomicLong opened = new AtomicLong();
    private final AtomicLong received = new AtomicLong();

    private WebSocketLoad(LoopGroup loops) {
        this.loops = loops;
    }

    /** Obeys until standard input ends. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (LoopGroup loops = LoopGroup.open(1)) {
            WebSocketLoad load = new WebSocketLoad(loops);
            InputStreamReader in = new InputStreamReader(System.in, StandardCharsets.US_ASCII);
            try (BufferedReader lines = new BufferedReader(in)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    System.out.println(load.obey(line.split(" ")));
                }
            }
        }
    }

    private long obey(String[] words) throws IOException, InterruptedException {
        return switch (words[0]) {
            case "echo" -> echo(number(words, 1), number(words, 2), number(words, 3), number(words, 4));
            case "open" -> open(number(words, 1), words[2], number(words, 3));
            case "broadcast" -> broadcast(number(words, 1));
            case "close" -> close();
            default -> -1;
        };
    }

    private static int number(String[] words, int at) {
        return Integer.parseInt(words[at]);
    }

    private static long echo(int port, int connections, int seconds, int bytes)
            throws IOException, InterruptedException {
        LoadResult result = new Load(new LoadPlan(
                        LoadTarget.parse("ws://127.0.0.1:" + port + "/echo"),
                        new LoadPlan.Clients(connections, 1, 1, true, Duration.ZERO),
                        new LoadPlan.Pace(0, Duration.ZERO, Duration.ofSeconds(seconds), Duration.ofSeconds(10)),
                        new LoadPlan.Message("GET", List.of(), "x".repeat(bytes).getBytes(StandardCharsets.US_ASCII)),
                        LoadPlan.Beside.NOBODY))
                .run(progress -> {});
        if (result.failed() > 0) {
            throw new IOException(result.failures().toString());
        }
        return result.requests();
    }

    private long open(int port, String path, int count) throws InterruptedException {
        byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\nUpgrade: websocket\r\n"
                        + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        + "Sec-WebSocket-Version: 13\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        opened.set(0);
        for (int i = 0; i < count; i++) {
            opening.acquire();
            Receiver receiver = new Receiver(request);
            receivers.add(receiver);
            Connector.USUAL.connect(loops.loop(0), address, receiver);
        }
        while (opened.get() < count) {
            Thread.sleep(1);
        }
        return count;
    }

    private long broadcast(int times) throws InterruptedException {
        long begun = System.nanoTime();
        for (int i = 0; i < times; i++) {
            received.set(0);
            loops.loop(0).execute(receivers.getFirst()::say);
            while (received.get() < (long) receivers.size() * NEWS) {
                Thread.sleep(1);
            }
        }
        return System.nanoTime() - begun;
    }

    private long close() {
        int count = receivers.size();
        for (Receiver receiver : receivers) {
            loops.loop(0).execute(receiver::leave);
        }
        receivers.clear();
        return count;
    }

    /** Counts what comes. */
    private final class Receiver implements Protocol, Connector.Outcome {
        private final byte[] request;
        private Link link;
        private boolean open;

        Receiver(byte[] request) {
            this.request = request;
        }

        @Override
        public Protocol connected(SocketAddress peer) {
            return this;
        }

        @Override
        public void failed(ConnectFailure why) {
            throw new IllegalStateException(why);
        }

        @Override
        public void opened(Link carrier) {
            link = carrier;
            link.out().append(request);
            link.flush();
        }

        @Override
        public void receive(Buffer in, Link carrier) {
            if (!open) {
                int end = in.indexOf(END, 0);
                if (end < 0) {
                    return;
                }
                in.consume(end + END.length);
                open = true;
                opened.incrementAndGet();
                opening.release();
            }
            received.addAndGet(in.readable());
            in.consume(in.readable());
        }

        void say() {
            link.out().append(WORD);
            link.flush();
        }

        void leave() {
            link.close(CloseMode.NOW);
        }
    }
}

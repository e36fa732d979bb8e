// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.core.Buffer;
import io.millrace.core.LineEnd;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.RateLimit;
import io.millrace.link.DeflateFilter;
import io.millrace.link.Flush;
import io.millrace.link.LinkFilter;
import io.millrace.socket.Kernel;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams, blocking producers, filters and relays over real sockets. */
@Timeout(60)
@ParameterizedClass
@MethodSource("engines")
class ByteStreamTest extends OverEveryEngine {
    private static final InetSocketAddress ANY = new InetSocketAddress("127.0.0.1", 0);

    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private LoopGroup loops;

    @BeforeEach
    void open() throws IOException {
        loops = LoopGroup.open(Kernel.host(), 1, engine);
    }

    @AfterEach
    void close() throws InterruptedException {
        if (loops != null) {
            loops.stop(Duration.ZERO);
        }
    }

    private String next() throws InterruptedException {
        String event = events.poll(20, TimeUnit.SECONDS);
        assertNotNull(event, "nothing happened in time");
        return event;
    }

    private Listener serve(Consumer<ByteStream> setup) throws IOException {
        return loops.listen(ListenOptions.on(ANY), () -> ByteStream.each(setup));
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static Thread sending(RawClient client, byte[] bytes) {
        return Thread.startVirtualThread(() -> {
            try {
                client.send(bytes).finish();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    @Test
    void linesInTextOutAndTheEnd() throws Exception {
        Listener listening = serve(stream -> stream.onLine(
                        LineEnd.CRLF, 1000, line -> stream.write(line.toUpperCase(Locale.ROOT) + "\n"))
                .onClosed(why -> events.add(why.name())));
        try (RawClient client = RawClient.connect(listening.address())) {
            client.send("one\r\ntwo\nthr").finish();
            assertEquals("ONE\nTWO\n", client.readText());
            assertEquals("LOCAL", next());
        }
    }

    /**
     * A write mark that binds: a blocking producer gets no further ahead than the marks allow, however slow the client
     * is.
     */
    @Test
    void aBlockingProducerWaitsForTheClient() throws Exception {
        byte[] piece = noise(10_000);
        AtomicLong written = new AtomicLong();
        Listener listening = serve(stream -> {
            stream.link().flow().writeWatermarks(0, 50_000);
            stream.link().flow().rate(RateLimit.NONE.withOut(20_000_000).withBursts(RateLimit.UNLIMITED, 100_000));
            OutputStream out = stream.output();
            Thread.startVirtualThread(() -> {
                try (out) {
                    for (int i = 0; i < 2000; i++) {
                        out.write(piece);
                        long ahead = written.addAndGet(piece.length) - sent(stream);
                        if (ahead > 50_000 + 2 * 64 * 1024 + 2 * piece.length) {
                            events.add("ahead by " + ahead);
                        }
                    }
                    events.add("written");
                } catch (IOException e) {
                    events.add(e.toString());
                }
            });
        });
        try (RawClient client = RawClient.connect(listening.address(), 4096)) {
            byte[] all = client.readAll();
            assertEquals(20_000_000, all.length);
            for (int i = 0; i < all.length; i++) {
                if (all[i] != piece[i % piece.length]) {
                    throw new AssertionError("byte " + i);
                }
            }
            assertEquals("written", next());
        }
    }

    /** A count that may be old by the time it is looked at, never too high. */
    private static long sent(ByteStream stream) {
        return stream.link().flow().stats().bytesOut();
    }

    @Test
    void aBlockingProducerIsToldOfTheEnd() throws Exception {
        Listener listening = serve(stream -> {
            OutputStream out = stream.output();
            assertThrows(IllegalStateException.class, () -> out.write(1), "the loop would wait for itself");
            Thread.startVirtualThread(() -> {
                try {
                    while (true) {
                        out.write(new byte[100_000]);
                    }
                } catch (IOException e) {
                    events.add(e.getMessage());
                }
            });
        });
        RawClient client = RawClient.connect(listening.address());
        client.read(1_000_000);
        client.reset();
        assertEquals("the connection has ended: RESET", next());
    }

    /** zlib against the JDK's own streams, over a socket. */
    @Test
    void deflateSpeaksTheFormat() throws Exception {
        byte[] bytes = noise(1_000_000);
        Listener listening = serve(stream -> {
            stream.filter(new DeflateFilter());
            stream.onData(in -> {
                stream.write(in);
                in.consume(in.readable());
            });
        });
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DeflaterOutputStream out = new DeflaterOutputStream(packed)) {
            out.write(bytes);
        }
        try (RawClient client = RawClient.connect(listening.address())) {
            Thread sender = sending(client, packed.toByteArray());
            byte[] answer = client.readAll();
            sender.join();
            assertArrayEquals(bytes, new InflaterInputStream(new ByteArrayInputStream(answer)).readAllBytes());
        }
    }

    // ---- relays ----

    /** Joins the connections that come, two by two. */
    private Listener joining(boolean filtered) throws IOException {
        Deque<Link> waiting = new ArrayDeque<>();
        return serve(stream -> {
            if (filtered) {
                // A link that is no connection: the relay has to copy.
                stream.filter(new Plain());
            }
            stream.onClosed(why -> events.add(why.name()));
            Link other = waiting.poll();
            if (other == null) {
                stream.pause(true);
                waiting.add(stream.link());
            } else {
                Relay.join(other, stream.link());
                other.pause(false);
            }
        });
    }

    private static final class Plain implements LinkFilter {
        @Override
        public Outcome input(Buffer from, Buffer to, Flush mode) {
            return from.moveTo(to, 10_000) > 0 ? Outcome.OK : Outcome.NEED_MORE;
        }

        @Override
        public Outcome output(Buffer from, Buffer to, Flush mode) {
            return input(from, to, mode);
        }
    }

    private void relayBothWays(boolean filtered) throws Exception {
        Listener listening = joining(filtered);
        byte[] there = noise(10_000_000);
        byte[] back = noise(7_000_000);
        try (RawClient a = RawClient.connect(listening.address());
                RawClient b = RawClient.connect(listening.address(), 4096)) {
            Thread one = sending(a, there);
            assertArrayEquals(there, b.readAll(), "all of it, and the end with it, while the other way stays open");
            one.join();
            Thread two = sending(b, back);
            assertArrayEquals(back, a.readAll());
            two.join();
        }
        long giveUp = System.nanoTime() + 20_000_000_000L;
        while (listening.connections() > 0 && System.nanoTime() < giveUp) {
            Thread.sleep(2);
        }
        assertEquals(0, listening.connections(), "both ended: both are closed");
    }

    @Test
    void relayWithinTheKernelWithHalfCloseEachWay() throws Exception {
        relayBothWays(false);
    }

    @Test
    void relayByCopyingWithHalfCloseEachWay() throws Exception {
        relayBothWays(true);
    }

    @Test
    void relayPassesAResetOn() throws Exception {
        Listener listening = joining(false);
        try (RawClient a = RawClient.connect(listening.address());
                RawClient b = RawClient.connect(listening.address())) {
            a.send("x");
            b.send("y");
            b.read(1);
            a.read(1);
            b.reset();
            assertThrows(SocketException.class, a::readAll);
        }
    }

    /** The bytes that had come before the relay was made are passed on first. */
    @Test
    void relayPassesOnWhatHadComeBefore() throws Exception {
        Deque<Link> waiting = new ArrayDeque<>();
        Listener listening = serve(stream -> stream.onData(in -> {
            events.add(in.text(StandardCharsets.ISO_8859_1));
            if (waiting.isEmpty()) {
                stream.pause(true);
                waiting.add(stream.link());
                return;
            }
            Link other = waiting.remove();
            Relay.join(other, stream.link());
            other.pause(false);
        }));
        try (RawClient a = RawClient.connect(listening.address());
                RawClient b = RawClient.connect(listening.address())) {
            a.send("from a");
            assertEquals("from a", next());
            b.send("from b");
            assertEquals("from a", new String(b.read(6), StandardCharsets.ISO_8859_1));
            assertEquals("from b", new String(a.read(6), StandardCharsets.ISO_8859_1));
            a.send(", more");
            assertEquals(", more", new String(b.read(6), StandardCharsets.ISO_8859_1));
        }
    }

    /** One end on a socket, the other in memory. */
    @Test
    void relayBetweenASocketAndAPair() throws Exception {
        Protocol echo = ByteStream.protocol(stream -> stream.onData(in -> {
            stream.write(in);
            in.consume(in.readable());
        }));
        Listener listening = serve(stream -> {
            Pair.join(loops.loop(0), ByteStream.protocol(inner -> Relay.join(stream.link(), inner.link())), echo);
        });
        byte[] bytes = noise(2_000_000);
        try (RawClient client = RawClient.connect(listening.address())) {
            Thread sender = sending(client, bytes);
            assertArrayEquals(bytes, client.readAll());
            sender.join();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.DirectoryRoot;
import io.millrace.core.FileInfo;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.fs.KernelDirectory;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import io.millrace.transport.Servers.Watched;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One connection over a real socket, driven by real clients, kind and unkind. */
@Timeout(120)
class ConnectionTest {
    private static final int MUCH = 20_000_000;

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Test
    void echoesSmallAndLarge() throws Exception {
        try (Running server = Running.serving(Echo::new);
                RawClient client = server.connect()) {
            assertEquals("hello", text(client.send("hello").read(5)));
            byte[] large = noise(MUCH);
            Thread sender = Thread.startVirtualThread(() -> {
                try {
                    client.send(large).finish();
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            assertArrayEquals(large, client.read(MUCH));
            sender.join();
            assertEquals(0, client.readAll().length, "and then the end of the stream");
        }
    }

    @Test
    void unconsumedBytesAreSeenAgainWithMoreBehindThem() throws Exception {
        // Answers only to whole lines, and leaves parts of lines where they are.
        Protocol lines = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                for (int i = 0; i < in.readable(); i++) {
                    if (in.peek(i) == '\n') {
                        link.out().appendDecimal(i);
                        link.out().append((byte) ' ');
                        in.consume(i + 1);
                        i = -1;
                    }
                }
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> lines);
                RawClient client = server.connect()) {
            for (String piece : new String[] {"a", "bc", "\nde\n", "x".repeat(100_000), "\n\n"}) {
                client.send(piece);
            }
            assertEquals("3 2 100000 0 ", text(client.read("3 2 100000 0 ".length())));
        }
    }

    @Test
    void halfClosedPeerStillGetsTheWholeAnswer() throws Exception {
        byte[] answer = noise(MUCH);
        Protocol slow = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }

            @Override
            public void inputClosed(Link link) {
                link.out().append(answer);
                link.close(CloseMode.FLUSHED);
            }
        };
        try (Running server = Running.serving(() -> slow);
                RawClient client = server.connect()) {
            client.send("question").finish();
            assertArrayEquals(answer, client.readAll());
        }
    }

    @Test
    void aResetInTheMiddleEndsTheConnectionAndNoOther() throws Exception {
        Events<CloseCause> causes = new Events<>();
        try (Running server = Running.serving(() -> new Watched(new Echo(), causes));
                RawClient other = server.connect()) {
            RawClient rude = server.connect();
            rude.send(noise(100_000)).reset();
            assertEquals(CloseCause.RESET, causes.next());
            assertEquals("still here", text(other.send("still here").read(10)));
            assertEquals(1, server.listening.connections());
        }
    }

    @Test
    void aResetIsNoticedEvenWhileReadingIsPaused() throws Exception {
        Assumptions.assumeFalse(Servers.engine == Engine.SELECT, "select tells nothing of who is in none of its sets");
        Events<CloseCause> causes = new Events<>();
        Events<String> paused = new Events<>();
        Protocol deaf = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                link.pause(true);
                paused.add("paused");
            }
        };
        try (Running server = Running.serving(() -> new Watched(deaf, causes))) {
            RawClient rude = server.connect();
            rude.send("something");
            paused.next();
            rude.reset();
            assertEquals(CloseCause.RESET, causes.next());
        }
    }

    @Test
    void aPeerThatReadsNothingStopsTheProducerAndTheReading() throws Exception {
        Events<Long> stopped = new Events<>();
        AtomicReference<Connection> connection = new AtomicReference<>();
        Protocol producer = new Protocol() {
            long produced;

            @Override
            public void receive(Buffer in, Link link) {
                connection.set((Connection) link);
                in.consume(in.readable());
                drained(link);
            }

            @Override
            public void drained(Link link) {
                byte[] piece = new byte[10_000];
                while (link.writable() && produced < MUCH) {
                    link.out().append(piece);
                    produced += piece.length;
                }
                link.flush();
                if (produced >= MUCH) {
                    link.close(CloseMode.FLUSHED);
                } else if (!link.writable()) {
                    stopped.add(link.pending());
                }
            }
        };
        try (Running server = Running.serving(() -> producer);
                RawClient client = RawClient.connect(server.listening.address(), 4096)) {
            client.send("go");
            assertTrue(stopped.next() < Budget.USUAL.high() + 10_000, "no more piles up than the mark");
            assertEquals(MUCH, client.readAll().length);
        }
    }

    @Test
    void inputIsNotReadWhileTooMuchOutputWaits() throws Exception {
        // Answers each byte with ten thousand and never looks at writable(): the connection itself must stop reading.
        Protocol careless = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                for (int n = in.readable(); n > 0; n--) {
                    link.out().append(new byte[10_000]);
                }
                in.consume(in.readable());
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> careless);
                RawClient client = RawClient.connect(server.listening.address(), 4096)) {
            for (int i = 0; i < 2000; i++) {
                client.send("x");
            }
            client.finish();
            assertEquals(20_000_000, client.readAll().length);
        }
    }

    @Test
    void pauseHoldsInputBackAndResumeDeliversItOnce() throws Exception {
        Events<Link> links = new Events<>();
        Events<String> received = new Events<>();
        Protocol protocol = new Protocol() {
            @Override
            public void opened(Link link) {
                link.pause(true);
                links.add(link);
            }

            @Override
            public void receive(Buffer in, Link link) {
                received.add(text(in.toBytes()));
                in.consume(in.readable());
                link.out().append((byte) '.');
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            client.send("held back");
            Link link = links.next();
            // A whole round through the loop, and another connection served, without anything delivered.
            CountDownLatch round = new CountDownLatch(1);
            link.execute(() -> link.execute(round::countDown));
            assertTrue(round.await(20, TimeUnit.SECONDS));
            assertTrue(received.isEmpty());
            link.execute(() -> link.pause(false));
            assertEquals("held back", received.next());
            assertEquals(".", text(client.read(1)));
        }
    }

    @Test
    void unconsumedInputIsOfferedAgainAfterResumeWithoutNewBytes() throws Exception {
        Events<String> offers = new Events<>();
        Protocol protocol = new Protocol() {
            boolean ready;

            @Override
            public void receive(Buffer in, Link link) {
                offers.add(text(in.toBytes()));
                if (ready) {
                    in.consume(in.readable());
                    return;
                }
                link.pause(true);
                link.execute(() -> {
                    ready = true;
                    link.pause(false);
                });
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            client.send("abc");
            assertEquals("abc", offers.next());
            assertEquals("abc", offers.next());
        }
    }

    @Test
    void upgradeHandsTheRestOfTheInputToTheNextProtocol() throws Exception {
        Protocol next = new Echo() {
            @Override
            public void opened(Link link) {
                link.out().appendLatin1("next:");
                link.flush();
            }
        };
        Protocol first = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                if (in.peek(0) == '!') {
                    in.consume(1);
                    link.switchProtocol(next);
                }
            }
        };
        try (Running server = Running.serving(() -> first);
                RawClient client = server.connect()) {
            client.send("!rest");
            assertEquals("next:rest", text(client.read(9)));
            assertEquals("more", text(client.send("more").read(4)));
        }
    }

    @Test
    void theNextProtocolIsToldOfAnEndThatCameBeforeIt() throws Exception {
        Events<String> events = new Events<>();
        Protocol next = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                events.add(text(in.toBytes()));
                in.consume(in.readable());
            }

            @Override
            public void inputClosed(Link link) {
                events.add("ended");
                link.close(CloseMode.FLUSHED);
            }
        };
        Protocol first = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                // Keeps its input until it knows that the end has come.
            }

            @Override
            public void inputClosed(Link link) {
                link.execute(() -> link.switchProtocol(next));
            }
        };
        try (Running server = Running.serving(() -> first);
                RawClient client = server.connect()) {
            client.send("rest").finish();
            assertEquals("rest", events.next());
            assertEquals("ended", events.next());
            assertEquals(0, client.readAll().length);
        }
    }

    @ExpectedLog("a protocol failed on the connection from")
    @Test
    void aTaskOrAnUpgradeThatThrowsEndsTheConnection() throws Exception {
        Events<CloseCause> causes = new Events<>();
        Protocol broken = new Protocol() {
            @Override
            public void opened(Link link) {
                throw new IllegalStateException("on purpose, for a test");
            }

            @Override
            public void receive(Buffer in, Link link) {}

            @Override
            public void closed(CloseCause why) {
                causes.add(why);
            }
        };
        Protocol first = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                boolean upgrade = in.peek(0) == 'u';
                in.consume(in.readable());
                link.execute(() -> {
                    if (upgrade) {
                        link.switchProtocol(broken);
                    } else {
                        throw new IllegalStateException("on purpose, for a test");
                    }
                });
            }
        };
        try (Running server = Running.serving(() -> new Watched(first, causes))) {
            for (String what : new String[] {"task", "upgrade"}) {
                try (RawClient client = server.connect()) {
                    client.send(what);
                    assertEquals(CloseCause.FAILED, causes.next(), what);
                    assertEquals(0, client.readAll().length);
                }
            }
            assertEquals(0, server.listening.connections());
        }
    }

    @Test
    void pausingAndResumingWithinReceiveOffersTheRestAgain() throws Exception {
        Events<String> offers = new Events<>();
        Protocol byByte = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                offers.add(text(in.toBytes()));
                in.consume(1);
                link.pause(true);
                link.pause(false);
            }
        };
        try (Running server = Running.serving(() -> byByte);
                RawClient client = server.connect()) {
            client.send("abc");
            assertEquals("abc", offers.next());
            assertEquals("bc", offers.next());
            assertEquals("c", offers.next());
        }
    }

    @Test
    void aProtocolThatAsksForTheSameInputForEverDoesNotHoldUpOthers() throws Exception {
        Protocol stubborn = new Echo() {
            @Override
            public void receive(Buffer in, Link link) {
                if (in.peek(0) == '!') {
                    link.pause(false);
                } else {
                    super.receive(in, link);
                }
            }
        };
        try (Running server = Running.serving(() -> stubborn);
                RawClient bad = server.connect();
                RawClient good = server.connect()) {
            bad.send("!");
            for (int i = 0; i < 20; i++) {
                assertEquals("x", text(good.send("x").read(1)));
            }
        }
    }

    @Test
    void deadlinePassesOnceAndCanBeMovedBothWays() throws Exception {
        Events<String> events = new Events<>();
        long second = 1_000_000_000L;
        Protocol protocol = new Protocol() {
            int expiries;

            @Override
            public void opened(Link link) {
                link.deadline(link.now() + 100 * second);
                link.deadline(link.now() + second / 50);
                link.deadline(link.now() + second / 20);
            }

            @Override
            public void receive(Buffer in, Link link) {}

            @Override
            public void expired(Link link) {
                events.add("expired");
                if (++expiries == 2) {
                    link.close(CloseMode.NOW);
                } else {
                    link.deadline(link.now() + second / 100);
                }
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            assertEquals(0, client.readAll().length);
            assertEquals("expired", events.next());
            assertEquals("expired", events.next());
            assertTrue(events.isEmpty());
        }
    }

    @Test
    void aPeerThatAcceptsNothingIsGivenUp() throws Exception {
        Events<CloseCause> causes = new Events<>();
        Protocol flood = new Protocol() {
            @Override
            public void opened(Link link) {
                link.flow().writeTimeout(50_000_000);
                link.out().append(new byte[MUCH]);
                link.flush();
            }

            @Override
            public void receive(Buffer in, Link link) {}
        };
        try (Running server = Running.serving(() -> new Watched(flood, causes));
                RawClient client = RawClient.connect(server.listening.address(), 4096)) {
            assertEquals(CloseCause.STALLED, causes.next());
            assertTrue(client.localPort() > 0);
        }
    }

    @Test
    void lingeringCloseSavesTheAnswerFromUnreadInput() throws Exception {
        Protocol refuse = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                link.out().appendLatin1("too much");
                link.close(CloseMode.LINGERING);
            }
        };
        try (Running server = Running.serving(() -> refuse)) {
            for (int i = 0; i < 20; i++) {
                try (RawClient client = server.connect()) {
                    client.send(noise(3_000_000));
                    assertEquals("too much", client.readText());
                }
            }
        }
    }

    @ExpectedLog("a protocol failed on the connection from")
    @Test
    void anExceptionEndsItsConnectionAndNoOther() throws Exception {
        Events<CloseCause> causes = new Events<>();
        Protocol fragile = new Echo() {
            @Override
            public void receive(Buffer in, Link link) {
                if (in.peek(0) == '!') {
                    throw new IllegalStateException("on purpose, for a test");
                }
                super.receive(in, link);
            }
        };
        try (Running server = Running.serving(() -> new Watched(fragile, causes));
                RawClient other = server.connect();
                RawClient bad = server.connect()) {
            assertEquals("a", text(other.send("a").read(1)));
            bad.send("!");
            assertEquals(CloseCause.FAILED, causes.next());
            assertEquals("b", text(other.send("b").read(1)));
        }
    }

    @Test
    void aFastSenderDoesNotStarveOthers() throws Exception {
        Protocol sink = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }
        };
        Events<Boolean> done = new Events<>();
        try (Running server = new Running(1, ListenOptions.on(Servers.LOOPBACK), () -> new ProtocolFactory() {
                    int made;

                    @Override
                    public Protocol create() {
                        return made++ == 0 ? sink : new Echo();
                    }
                });
                RawClient fast = server.connect()) {
            Thread sender = Thread.startVirtualThread(() -> {
                byte[] bytes = new byte[1 << 20];
                try {
                    while (done.isEmpty()) {
                        fast.send(bytes);
                    }
                } catch (IOException e) {
                    // The end of the test.
                }
            });
            try (RawClient client = server.connect()) {
                for (int i = 0; i < 100; i++) {
                    assertEquals("x", text(client.send("x").read(1)));
                }
            }
            done.add(true);
            sender.join();
        }
    }

    @Test
    void anIdleConnectionHoldsNoBuffer() throws Exception {
        Events<Connection> connections = new Events<>();
        Protocol protocol = new Echo() {
            @Override
            public void opened(Link link) {
                connections.add((Connection) link);
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            client.send(noise(500_000));
            client.read(500_000);
            Connection connection = connections.next();
            Events<Boolean> looked = new Events<>();
            connection.execute(() -> looked.add(connection.in == null && connection.output == null));
            assertTrue(looked.next());
        }
    }

    @Test
    void callsOnADeadLinkDoNothing() throws Exception {
        Events<Link> links = new Events<>();
        Events<CloseCause> causes = new Events<>();
        Protocol protocol = new Echo() {
            @Override
            public void opened(Link link) {
                links.add(link);
            }
        };
        try (Running server = Running.serving(() -> new Watched(protocol, causes))) {
            server.connect().close();
            Link link = links.next();
            assertEquals(CloseCause.LOCAL, causes.next());
            Events<Throwable> outcome = new Events<>();
            link.execute(() -> {
                try {
                    link.out().appendLatin1("into nowhere");
                    link.flush();
                    link.pause(true);
                    link.pause(false);
                    link.deadline(link.now());
                    link.close(CloseMode.FLUSHED);
                    link.close(CloseMode.NOW);
                    outcome.add(new Throwable("fine"));
                } catch (Throwable t) {
                    outcome.add(t);
                }
            });
            assertEquals("fine", outcome.next().getMessage());
            assertTrue(causes.isEmpty());
            assertNull(link.local());
        }
    }

    @Test
    void addressesAreThoseOfBothEnds() throws Exception {
        Events<String> addresses = new Events<>();
        Protocol protocol = new Echo() {
            @Override
            public void opened(Link link) {
                addresses.add(link.peer() + " " + link.local());
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            assertEquals(
                    "/127.0.0.1:" + client.localPort() + " /127.0.0.1:"
                            + server.listening.address().getPort(),
                    addresses.next());
        }
    }

    // ---- files ----

    /** Sends a word, a file and another word for each byte it gets. */
    private static Protocol sending(DirectoryRoot folder, String name) {
        return new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                try {
                    for (int n = in.readable(); n > 0; n--) {
                        OpenFile file = folder.open(name);
                        link.out().appendLatin1("<");
                        link.transfer(file, 0, file.size());
                        link.out().appendLatin1(">");
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
                in.consume(in.readable());
                link.flush();
            }
        };
    }

    @Test
    void filesLeaveInOrderBetweenBytes(@TempDir Path root) throws Exception {
        byte[] content = noise(5_000_000);
        Files.write(root.resolve("file"), content);
        try (DirectoryRoot folder = KernelDirectory.open(root, false);
                Running server = Running.serving(() -> sending(folder, "file"));
                RawClient client = RawClient.connect(server.listening.address(), 8192)) {
            client.send("xxx").finish();
            for (int i = 0; i < 3; i++) {
                assertEquals("<", text(client.read(1)));
                assertArrayEquals(content, client.read(content.length));
                assertEquals(">", text(client.read(1)));
            }
            assertEquals(0, client.readAll().length);
        }
    }

    @Test
    void filesOfAnotherKindAreCopied() throws Exception {
        byte[] content = noise(1_000_000);
        Events<String> released = new Events<>();
        Protocol protocol = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.transfer(new MemoryFile(content, released), 100, content.length - 100L);
                link.out().appendLatin1("end");
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> protocol);
                RawClient client = server.connect()) {
            client.send("x");
            assertArrayEquals(Arrays.copyOfRange(content, 100, content.length), client.read(content.length - 100));
            assertEquals("end", text(client.read(3)));
            assertEquals("released", released.next());
        }
    }

    private static final class MemoryFile extends OpenFile {
        private final byte[] content;
        private final Events<String> released;

        MemoryFile(byte[] content, Events<String> released) {
            super(FileInfo.ofSize("memory", content.length));
            this.content = content;
            this.released = released;
        }

        @Override
        public int read(long position, byte[] into, int offset, int length) {
            int n = (int) Math.min(length, content.length - position);
            System.arraycopy(content, (int) position, into, offset, n);
            return n == 0 ? -1 : n;
        }

        @Override
        protected void release() {
            released.add("released");
        }
    }

    @Test
    void aFileTruncatedWhileItIsSentEndsThatConnectionOnly(@TempDir Path root) throws Exception {
        Path path = root.resolve("file");
        Files.write(path, noise(50_000_000));
        Events<CloseCause> causes = new Events<>();
        try (DirectoryRoot folder = KernelDirectory.open(root, false);
                Running server = Running.serving(() -> new Watched(sending(folder, "file"), causes));
                RawClient other = server.connect();
                RawClient client = RawClient.connect(server.listening.address(), 4096)) {
            client.send("x").read(100_000);
            Files.write(path, new byte[1000], StandardOpenOption.TRUNCATE_EXISTING);
            assertThrows(IOException.class, () -> client.read(50_000_000));
            assertEquals(CloseCause.FAILED, causes.next());
            other.send("x");
            assertEquals("<", text(other.read(1)));
            assertEquals(1000, other.read(1000).length);
        }
    }

    @Test
    void aFileIsClosedWhenItsConnectionEnds() throws Exception {
        Events<String> released = new Events<>();
        Events<CloseCause> causes = new Events<>();
        Protocol protocol = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
                link.transfer(new MemoryFile(new byte[MUCH], released), 0, MUCH);
                link.flush();
            }
        };
        try (Running server = Running.serving(() -> new Watched(protocol, causes))) {
            RawClient client = RawClient.connect(server.listening.address(), 4096);
            client.send("x").read(1000);
            assertTrue(released.isEmpty());
            client.reset();
            assertEquals(CloseCause.RESET, causes.next());
            assertEquals("released", released.next());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Sockets;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** A loop that cannot go on ends the whole group, its sockets first; what costs one connection costs no other. */
@Timeout(120)
@ParameterizedClass
@MethodSource("contenders")
@ExpectedLog("cannot go on")
@ExpectedLog("a protocol failed on the connection from")
class LoopFailureTest extends OverEveryDriver {
    private static final int CLIENTS = 8;

    private final AtomicInteger opened = new AtomicInteger();
    private final BlockingQueue<Throwable> told = new LinkedBlockingQueue<>();
    private final ConcurrentLinkedQueue<CloseCause> causes = new ConcurrentLinkedQueue<>();

    /** Fails where a loop has guarded nothing: out of the turn. */
    private static final class Trap extends Source {
        private final Error thrown;
        private boolean armed;

        Trap(Error thrown) {
            this.thrown = thrown;
        }

        @Override
        public void ready(int events) {}

        @Override
        public void resume() {}

        @Override
        public boolean awaited() {
            if (armed) {
                armed = false;
                throw thrown;
            }
            return false;
        }

        @Override
        protected void expire() {}

        @Override
        public void closeNow() {}

        /** Has the loop fail in the turn after this one. */
        void spring(EventLoop loop, int[] pair) {
            loop.execute(() -> {
                Driver.of(loop).add(this, pair[0], Interest.READ);
                armed = true;
                Descriptors.write(pair[1], new byte[1], 1);
            });
        }
    }

    private final class Noting extends Servers.Echo {
        @Override
        public void opened(Link link) {
            opened.incrementAndGet();
        }

        @Override
        public void closed(CloseCause why) {
            causes.add(why);
        }
    }

    private static void fail(EventLoop loop, Error thrown) {
        int[] pair = new int[2];
        int type = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, type, 0, pair));
        new Trap(thrown).spring(loop, pair);
    }

    private static List<RawClient> connect(Listener listening) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(RawClient.connect(listening.address()));
            clients.getLast().send("hello");
            assertEquals(5, clients.getLast().read(5).length);
        }
        return clients;
    }

    /** The end of the stream, or a reset. */
    private static void assertEnded(RawClient client) {
        try {
            assertEquals(0, client.readAll().length);
        } catch (java.net.SocketTimeoutException e) {
            throw new AssertionError("a connection of a loop that has failed stands", e);
        } catch (IOException reset) {
            // Ended as well.
        }
    }

    @Test
    void theListeningSocketsAndAllConnectionsAreClosedAndAwaitThrows() throws Exception {
        Error thrown = new OutOfMemoryError("on purpose, for a test");
        LoopGroup group = LoopGroup.open(Kernel.host(), 2, contender);
        group.onFailure(told::add);
        Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Noting::new);
        List<RawClient> clients = connect(listening);
        fail(group.loop(0), thrown);
        assertSame(thrown, told.poll(30, TimeUnit.SECONDS));
        Servers.awaitRefusal(listening.address());
        for (RawClient client : clients) {
            assertEnded(client);
            client.close();
        }
        IllegalStateException failed = assertThrows(IllegalStateException.class, group::await);
        assertSame(thrown, failed.getCause());
        assertFalse(group.stop(Duration.ofSeconds(1)));
        assertTrue(told.isEmpty(), "told once");
        assertEquals(opened.get(), causes.size(), "every protocol is told");
        assertTrue(causes.contains(CloseCause.FAILED) || contender == Engine.SIGIO, "of the end: " + causes);
    }

    /** Whoever is told may fail himself, and the end comes all the same. */
    @Test
    void theEndDoesNotHangOnWhoIsTold() throws Exception {
        LoopGroup group = LoopGroup.open(Kernel.host(), 2, contender);
        group.onFailure(why -> {
            throw new StackOverflowError("on purpose, for a test");
        });
        Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Noting::new);
        fail(group.loop(1), new InternalError("on purpose, for a test"));
        Servers.awaitRefusal(listening.address());
        assertThrows(IllegalStateException.class, group::await);
    }

    /** Answers "!" by failing, and everything else as an echo does. */
    private final class Failing extends Servers.Echo {
        @Override
        public void receive(Buffer in, Link link) {
            if (in.peek(0) == '!') {
                throw new OutOfMemoryError("on purpose, for a test");
            }
            super.receive(in, link);
        }

        @Override
        public void closed(CloseCause why) {
            causes.add(why);
        }
    }

    @Test
    void wantOfMemoryForOneConnectionEndsThatOne() throws Exception {
        try (LoopGroup group = LoopGroup.open(Kernel.host(), 1, contender)) {
            group.onFailure(told::add);
            Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> () -> (Protocol) new Failing());
            List<RawClient> clients = connect(listening);
            assertEnded(clients.getFirst().send("!"));
            for (RawClient client : clients.subList(1, CLIENTS)) {
                assertEquals(5, client.send("still").read(5).length);
            }
            assertEquals(List.of(CloseCause.FAILED), List.copyOf(causes));
            for (RawClient client : clients) {
                client.close();
            }
            assertTrue(told.isEmpty(), "the loop goes on");
        }
    }
}

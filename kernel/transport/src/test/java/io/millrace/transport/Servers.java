// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.socket.Kernel;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What the tests of this room serve, and how they are told what happened. */
final class Servers {
    static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);

    /** How the loops of tests work: those of a ring change it for their length. */
    static Engine engine = Engine.READINESS;

    private Servers() {}

    /** How many descriptors this process has open. */
    static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    /** Closing is carried out by the loops: connecting fails from some moment on. */
    static void awaitRefusal(InetSocketAddress address) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < end) {
            try {
                RawClient.connect(address).close();
            } catch (IOException refused) {
                return;
            }
        }
        throw new AssertionError("still accepts on " + address);
    }

    /** Clients go, and their connections after them. */
    static void awaitNone(Listener listening) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (listening.connections() > 0) {
            assertTrue(System.nanoTime() < end, "connections left: " + listening.connections());
            Thread.onSpinWait();
        }
    }

    /** Sends back what comes, without piling it up. */
    static class Echo implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
            if (!link.writable()) {
                link.pause(true);
            }
        }

        @Override
        public void drained(Link link) {
            link.pause(false);
        }
    }

    /** Something that happened on a loop, for a test to wait for. */
    static final class Events<T> {
        private final BlockingQueue<T> queue = new LinkedBlockingQueue<>();

        void add(T event) {
            queue.add(event);
        }

        T next() throws InterruptedException {
            T event = queue.poll(20, TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("nothing happened in time");
            }
            return event;
        }

        boolean isEmpty() {
            return queue.isEmpty();
        }
    }

    /** Notes why connections end. */
    static class Watched implements Protocol {
        final Protocol inner;
        final Events<CloseCause> causes;

        Watched(Protocol inner, Events<CloseCause> causes) {
            this.inner = inner;
            this.causes = causes;
        }

        @Override
        public void opened(Link link) {
            inner.opened(link);
        }

        @Override
        public void receive(Buffer in, Link link) {
            inner.receive(in, link);
        }

        @Override
        public void inputClosed(Link link) {
            inner.inputClosed(link);
        }

        @Override
        public void drained(Link link) {
            inner.drained(link);
        }

        @Override
        public void expired(Link link) {
            inner.expired(link);
        }

        @Override
        public void shuttingDown(Link link) {
            inner.shuttingDown(link);
        }

        @Override
        public void closed(CloseCause why) {
            inner.closed(why);
            causes.add(why);
        }
    }

    /** A running group with one address. */
    static final class Running implements AutoCloseable {
        final LoopGroup group;
        final Listener listening;

        Running(int loops, ListenOptions options, Supplier<ProtocolFactory> protocols) throws IOException {
            group = LoopGroup.open(Kernel.host(), loops, engine);
            try {
                listening = group.listen(options, protocols);
            } catch (IOException | RuntimeException e) {
                group.close();
                throw e;
            }
        }

        static Running serving(Supplier<Protocol> protocols) throws IOException {
            return new Running(1, ListenOptions.on(LOOPBACK), () -> protocols::get);
        }

        RawClient connect() throws IOException {
            return RawClient.connect(listening.address());
        }

        @Override
        public String toString() {
            return "Running[" + listening + "]";
        }

        @Override
        public void close() {
            try {
                group.stop(Duration.ZERO);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

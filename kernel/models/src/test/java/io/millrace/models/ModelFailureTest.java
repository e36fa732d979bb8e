// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A thread that everybody depends on and that cannot go on ends the server; it is never half alive. */
@Timeout(120)
@ExpectedLog("the server cannot go on")
@ExpectedLog("cannot go on")
@ExpectedLog("a protocol failed on the connection from")
final class ModelFailureTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);

    private final Error thrown = new OutOfMemoryError("on purpose, for a test");
    private final BlockingQueue<Throwable> told = new LinkedBlockingQueue<>();

    /** A trace that fails at a call of a thread's, once: nothing else stands between a model and the kernel. */
    private static final class Trap extends PrintStream {
        private final String thread;
        private final String call;
        private final Error thrown;
        private volatile boolean armed;

        Trap(String thread, String call, Error thrown) {
            super(OutputStream.nullOutputStream());
            this.thread = thread;
            this.call = call;
            this.thrown = thrown;
        }

        @Override
        public PrintStream printf(Locale locale, String format, Object... values) {
            if (armed
                    && Thread.currentThread().getName().startsWith(thread)
                    && String.format(locale, format, values).contains(call)) {
                armed = false;
                throw thrown;
            }
            return this;
        }
    }

    /** Which threads of which models everybody depends on, and a call that each makes. */
    static Stream<Arguments> threads() {
        List<Arguments> all = new ArrayList<>();
        for (IoModel model : Arrays.stream(IoModel.values())
                .filter(one -> !one.inProcesses())
                .toList()) {
            if (model.engine() != null) {
                all.add(Arguments.of(model, "millrace-0", "turn "));
            } else if (model == IoModel.NONBLOCKING) {
                all.add(Arguments.of(model, "millrace-nonblocking", "= EAGAIN"));
            } else {
                all.add(Arguments.of(model, "millrace-accept", "= EAGAIN"));
            }
        }
        all.add(Arguments.of(IoModel.VIRTUAL, "millrace-virtual-poller", "turn "));
        all.add(Arguments.of(IoModel.EPOLL_ONE_SHOT, "millrace-oneshot", "turn "));
        return all.stream();
    }

    /** The end of the stream, or a reset. */
    private static void assertEnded(RawClient client) {
        try {
            client.readAll();
        } catch (SocketTimeoutException e) {
            throw new AssertionError("a connection of a server that has failed stands", e);
        } catch (IOException reset) {
            // Ended as well.
        }
    }

    private static void visit(InetSocketAddress address) {
        try (RawClient visitor = RawClient.connect(address)) {
            visitor.send("hello").read(5);
        } catch (IOException e) {
            // The end has come before.
        }
    }

    private static void awaitRefusal(InetSocketAddress address) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (System.nanoTime() < end) {
            try {
                RawClient.connect(address).close();
            } catch (IOException refused) {
                return;
            }
        }
        throw new AssertionError("still accepts on " + address);
    }

    @ParameterizedTest
    @MethodSource("threads")
    void theServerEndsAndSaysWhy(IoModel model, String thread, String call) throws Exception {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
        Trap trap = new Trap(thread, call, thrown);
        Server server =
                model.open(ModelOptions.DEFAULT.withCarriers(1).withTrace(trap).withFailure(told::add));
        Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo::new);
        try (RawClient client = RawClient.connect(listening.address())) {
            assertEquals(5, client.send("hello").read(5).length);
            trap.armed = true;
            if (model.clientsAtOnce() == 1) {
                // The next one is accepted when this one has gone.
                client.finish();
            }
            // Somebody comes, so that the thread makes its call. By then it may have been too late for him.
            visit(listening.address());
            assertSame(thrown, told.poll(30, TimeUnit.SECONDS));
            awaitRefusal(listening.address());
            if (model.clientsAtOnce() > 1) {
                assertEnded(client);
            }
        }
        IllegalStateException failed = assertThrows(IllegalStateException.class, server::await);
        assertSame(thrown, failed.getCause());
        assertFalse(server.stop(Duration.ofSeconds(1)));
        assertTrue(told.isEmpty(), "told once");
    }

    /** Answers "!" by failing, and everything else as an echo does. */
    private static final class Failing implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            if (in.peek(0) == '!') {
                throw new OutOfMemoryError("on purpose, for a test");
            }
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
        }
    }

    static Stream<IoModel> models() {
        return Arrays.stream(IoModel.values()).filter(one -> !one.inProcesses() && one.clientsAtOnce() > 1);
    }

    @ParameterizedTest
    @MethodSource("models")
    void wantOfMemoryForOneConnectionEndsThatOne(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1).withFailure(told::add));
        Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Failing::new);
        try (RawClient first = RawClient.connect(listening.address());
                RawClient second = RawClient.connect(listening.address())) {
            assertEquals(5, first.send("hello").read(5).length);
            assertEquals(5, second.send("hello").read(5).length);
            assertEnded(first.send("!"));
            assertEquals(5, second.send("still").read(5).length);
        }
        server.stop(Duration.ofSeconds(20));
        assertTrue(told.isEmpty(), "the server goes on");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.core.Ascii;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;

/** What the parts of {@link ExchangeContract} share. */
abstract class ContractBase {
    /** What the log was told: target, status and bytes. */
    protected final List<String> log = new ArrayList<>();

    /** Returns a connection of the format to a server that is what {@code context} says. */
    protected abstract ContractWire newWire(HttpContext context);

    protected final ContractWire wire(Handler handler) {
        return newWire(HttpContext.of(handler).withLog(new ExchangeLog() {
            @Override
            public void completed(Request request, int status, long bytes, long nanos) {
                log.add((request == null ? "-" : request.target()) + " " + status + " " + bytes);
            }

            @Override
            public void brokenOff(Request request, int status, long bytes, long nanos) {
                log.add(request.target() + " broken off " + status + " " + bytes);
            }

            @Override
            public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
                log.add("unreadable " + status);
            }
        }));
    }

    protected final void assertLog(ContractWire wire, List<String> expected) {
        wire.runUntil(() -> log.size() >= expected.size());
        assertEquals(expected, log);
    }

    /** Every place where a handler may run: what it says is the same. */
    static List<Dispatch> places() {
        return List.of(Dispatch.INLINE, Dispatch.VIRTUAL, Dispatch.on(POOL));
    }

    private static final Executor POOL = new Executor() {
        private final ExecutorService threads =
                Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory());

        @Override
        public void execute(Runnable task) {
            threads.execute(task);
        }

        @Override
        public String toString() {
            return "a pool";
        }
    };

    protected static Handler at(Dispatch place, Handler handler) {
        return place.isInline() ? handler : Route.on(place, handler);
    }

    protected interface Task {
        void run() throws Exception;
    }

    protected static void elsewhere(Task task) {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        Thread.ofPlatform().start(() -> {
            try {
                task.run();
            } catch (Throwable e) {
                thrown.set(e);
            } finally {
                done.countDown();
            }
        });
        try {
            done.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (thrown.get() != null) {
            throw new AssertionError(thrown.get());
        }
    }

    /** Writes down what it is told, bytes joined. */
    protected record Recorder(List<String> seen) implements RequestBody.Reader {
        @Override
        public void data(byte[] bytes, int offset, int length) {
            String text = Ascii.string(bytes, offset, length);
            if (!seen.isEmpty() && !seen.getLast().equals("end")) {
                seen.set(seen.size() - 1, seen.getLast() + text);
            } else {
                seen.add(text);
            }
        }

        @Override
        public void end() {
            seen.add("end");
        }

        @Override
        public void failed(IOException why) {
            seen.add("failed " + why.getMessage());
        }
    }
}

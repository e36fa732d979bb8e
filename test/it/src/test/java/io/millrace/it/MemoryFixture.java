// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.CloseMode;
import io.millrace.core.Protocol;
import io.millrace.testkit.MemoryLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;

/** The testkit's link in memory, with a thread that runs it as a test's would. */
final class MemoryFixture implements LinkFixture {
    private final List<MemoryPeer> peers = new ArrayList<>();

    @Override
    public void start() {}

    @Override
    public Peer open(Protocol protocol) {
        MemoryPeer peer = new MemoryPeer(protocol);
        peers.add(peer);
        return peer;
    }

    @Override
    public boolean isSocket() {
        return false;
    }

    @Override
    public boolean throwsToTheTest() {
        return true;
    }

    @Override
    public void close() throws IOException {
        for (MemoryPeer peer : peers) {
            peer.close();
        }
    }

    @Override
    public String toString() {
        return "memory link of the testkit";
    }

    private static final class MemoryPeer implements Peer {
        private static final long PATIENCE_NANOS = 30_000_000_000L;

        private final CompletableFuture<MemoryLink> link = new CompletableFuture<>();
        private final Thread thread;
        private volatile boolean over;
        private int read;

        MemoryPeer(Protocol protocol) {
            thread = Thread.ofPlatform().name("memory link").start(() -> run(protocol));
        }

        private void run(Protocol protocol) {
            try {
                serve(protocol);
            } catch (RuntimeException e) {
                link.completeExceptionally(e);
                throw e;
            }
        }

        private void serve(Protocol protocol) {
            long begun = System.nanoTime();
            // The peer takes nothing unasked from the first task on, which may come while the protocol is being opened.
            MemoryLink own = new MemoryLink((in, from) -> {}).window(0);
            link.complete(own);
            own.switchProtocol(protocol);
            while (!over) {
                own.advance(
                        Duration.ofNanos(System.nanoTime() - begun - own.clock().nanos()));
                long until = System.nanoTime() + 1_000_000;
                own.runUntil(() -> over || System.nanoTime() > until);
            }
        }

        /** Runs something on the link's thread and waits for it. */
        private <T> T ask(Function<MemoryLink, T> question) {
            MemoryLink own = link.join();
            CompletableFuture<T> answer = new CompletableFuture<>();
            own.execute(() -> answer.complete(question.apply(own)));
            try {
                return answer.get(30, TimeUnit.SECONDS);
            } catch (InterruptedException | ExecutionException | TimeoutException e) {
                throw new AssertionError("the link's thread " + (thread.isAlive() ? "hangs" : "has ended"), e);
            }
        }

        @Override
        public void send(byte[] bytes) {
            ask(own -> own.feed(bytes));
        }

        @Override
        public void shutdownOutput() {
            ask(MemoryLink::end);
        }

        @Override
        public void reset() {
            ask(MemoryLink::reset);
        }

        @Override
        public byte[] read(int count) throws IOException {
            int end = read + count;
            ask(own -> own.window(end - own.sent().length));
            byte[] all = await(own -> own.sent().length >= end);
            if (all.length < end) {
                throw new IOException("the link ended after " + (all.length - read) + " of " + count + " bytes");
            }
            read = end;
            return Arrays.copyOfRange(all, end - count, end);
        }

        @Override
        public byte[] readAll() throws IOException {
            ask(own -> own.window(Long.MAX_VALUE));
            byte[] all = await(own -> false);
            int from = read;
            read = all.length;
            return Arrays.copyOfRange(all, from, all.length);
        }

        @Override
        public boolean readsReset() throws IOException {
            readAll();
            return ask(MemoryLink::closing) == CloseMode.ABORT;
        }

        /** Waits until something holds or the end has come, and returns all that was sent. */
        private byte[] await(Predicate<MemoryLink> condition) throws IOException {
            long giveUp = System.nanoTime() + PATIENCE_NANOS;
            while (!ask(own -> condition.test(own) || own.isClosed() || own.isFinished())) {
                if (System.nanoTime() - giveUp > 0) {
                    throw new IOException("nothing came in time");
                }
            }
            return ask(MemoryLink::sent);
        }

        @Override
        public void close() throws IOException {
            over = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }
    }
}

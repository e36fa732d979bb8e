// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.socket.Kernel;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.HeapLimit;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.SocketIo;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What the models without an event loop have in common: a thread at each gate, and the links that stand. A model says
 * how a connection is carried; here is how they begin and end.
 */
abstract class LinkServer implements Server {
    private static final int RESERVE = 256 * 1024;

    /** How often to look whether the server has failed. */
    private static final Duration LOOK = Duration.ofMillis(500);

    /** How long those inside may take to leave a server that cannot go on. */
    private static final long LAST_NANOS = 5_000_000_000L;

    private static final Duration LAST = Duration.ofNanos(LAST_NANOS);

    final Kernel kernel;

    private final int most;
    private final HeapLimit heap;
    private final FatalFailure failure;

    /** Given up when there is no memory left: enough to end with. */
    private byte @Nullable [] reserve = new byte[RESERVE];

    private final List<BlockingAcceptor> gates = new ArrayList<>();

    /** The threads at the gates: when they have ended no connection comes in any more. */
    private final List<Thread> keepers = new CopyOnWriteArrayList<>();

    private final List<Thread> workers = new CopyOnWriteArrayList<>();

    /** Who is inside, by what carries them. Also the lock that the last one's leaving is told by. */
    private final Map<Object, ServedClient> clients = new ConcurrentHashMap<>();

    /** Those that serve; a connection's own thread is added while it lasts. */
    private final Set<Thread> carriers = ConcurrentHashMap.newKeySet();

    private volatile boolean draining;
    private volatile boolean cutting;
    private boolean closed;

    /** A link as a client. */
    private record Linked(BlockingLink link) implements ServedClient {
        @Override
        public void stop() {
            link.stop();
        }

        @Override
        public void cut() {
            link.cut();
        }

        @Override
        public long held() {
            return link.held();
        }

        @Override
        public void evict() {
            link.evict();
        }

        @Override
        public boolean evicted() {
            return link.evicted();
        }
    }

    /** A model that carries at most that many connections at once. */
    LinkServer(Kernel kernel, int most, ModelOptions options) {
        this.kernel = kernel;
        this.most = most;
        this.heap = new HeapLimit(options.memory());
        this.failure = new FatalFailure(options.failure());
        HeapRelief relief = new HeapRelief(heap, clients.values());
        heap.onExceeded(relief::run);
    }

    /** Carries a connection that the gate has just taken: here and now, or on another thread, until {@link #leave}. */
    abstract void carry(BlockingAcceptor acceptor, int fd);

    /** The end has been asked for: threads that sleep in the model's own ways wake up and look at {@link #done}. */
    void wakeWorkers() {}

    @Override
    public Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws IOException {
        synchronized (gates) {
            if (closed) {
                throw new IllegalStateException("the server is closed");
            }
            BlockingAcceptor acceptor = new BlockingAcceptor(kernel, options, most, protocols);
            gates.add(acceptor);
            keep(acceptor);
            return acceptor;
        }
    }

    /** Sees to it that connections are accepted. */
    void keep(BlockingAcceptor acceptor) {
        keepers.add(start("millrace-accept-" + acceptor.local(), () -> accept(acceptor)));
    }

    /**
     * Starts a thread that serves until the server is {@link #done}. If it cannot go on the server ends, and the task
     * is run once more, to see all connections out.
     */
    final Thread startWorker(String name, Runnable task) {
        Thread thread = start(name, () -> {
            try {
                task.run();
            } catch (Throwable t) {
                fail(t);
                task.run();
            }
        });
        workers.add(thread);
        return thread;
    }

    private Thread start(String name, Runnable task) {
        Thread thread = Thread.ofPlatform().name(name).unstarted(task);
        carriers.add(thread);
        thread.start();
        return thread;
    }

    private void accept(BlockingAcceptor acceptor) {
        try {
            while (!acceptor.closing()) {
                acceptor.await();
                takeAll(acceptor);
            }
            // Those that the kernel has accepted already, for closing would reset them.
            takeAll(acceptor);
        } catch (Throwable t) {
            // Before anything that takes memory, which may be what there is none of.
            try {
                acceptor.closeNow();
            } finally {
                fail(t);
            }
        } finally {
            acceptor.closeNow();
        }
    }

    /** The server cannot go on: it ends, for what is left would be half a server. By the thread that found out. */
    final void fail(Throwable why) {
        reserve = null;
        if (!failure.note(why)) {
            return;
        }
        try {
            close();
        } catch (Throwable t) {
            // The callback ends the process; and await ends.
        }
        failure.tell();
    }

    /** Takes all connections that there are. What goes wrong with one must not keep the others out. */
    final void takeAll(BlockingAcceptor acceptor) {
        for (int fd = acceptor.accept(); fd != BlockingAcceptor.NOBODY; fd = acceptor.accept()) {
            try {
                carry(acceptor, fd);
            } catch (Throwable t) {
                giveUp(acceptor, fd);
                Servers.error("a connection could not be carried", t);
            }
        }
    }

    /** Ends a connection that could not be carried, unless that has been done. */
    private void giveUp(BlockingAcceptor acceptor, int fd) {
        BlockingLink link = acceptor.link();
        if (!acceptor.hasEntered()) {
            kernel.close(fd);
            acceptor.left(acceptor.welcome());
        } else if (link != null && !link.over()) {
            link.abandon();
            leave(acceptor, link, acceptor.welcome());
        }
    }

    // ---- for models ----

    /**
     * A link for a connection, known to the server from now on; {@code null} if the protocol wants none, and all is
     * done.
     */
    final @Nullable BlockingLink enter(
            BlockingAcceptor acceptor, @Nullable SocketIo socketIo, int fd, @Nullable Protocol protocol) {
        return enter(acceptor, socketIo, fd, protocol, acceptor.peer(fd), acceptor.welcome());
    }

    final @Nullable BlockingLink enter(
            BlockingAcceptor acceptor,
            @Nullable SocketIo socketIo,
            int fd,
            @Nullable Protocol protocol,
            @Nullable SocketAddress peer,
            boolean welcome) {
        if (protocol == null) {
            acceptor.entered(null);
            kernel.close(fd);
            acceptor.left(welcome);
            return null;
        }
        BlockingLink link = new BlockingLink(socketIo, peer, protocol, heap);
        acceptor.entered(link);
        enter(link, new Linked(link));
        return link;
    }

    /** A connection is served, until {@link #leave}. */
    final void enter(Object carrier, ServedClient client) {
        clients.put(carrier, client);
        if (draining) {
            client.stop();
        }
        if (cutting) {
            client.cut();
        }
    }

    /** Who was entered has gone. */
    final void leave(BlockingAcceptor acceptor, Object carrier, boolean welcome) {
        acceptor.left(welcome);
        clients.remove(carrier);
        if (clients.isEmpty()) {
            synchronized (clients) {
                clients.notifyAll();
            }
        }
    }

    /** The calling thread serves from now on, or does so no longer. */
    final void carrying(boolean on) {
        if (on) {
            carriers.add(Thread.currentThread());
        } else {
            carriers.remove(Thread.currentThread());
        }
    }

    /** Whether the server could not go on: no connection is let in any more. */
    final boolean hasFailed() {
        return failure.isThere();
    }

    /** Whether no connection is served, none comes in any more, and the end has been asked for. */
    final boolean done() {
        return cutting && keepers.stream().noneMatch(Thread::isAlive) && clients.isEmpty();
    }

    // ---- the end ----

    @Override
    public boolean isCarrier() {
        return carriers.contains(Thread.currentThread());
    }

    @Override
    public boolean stop(Duration grace) throws InterruptedException {
        if (isCarrier()) {
            throw new IllegalStateException("a thread that serves cannot wait for the end: stop from another thread");
        }
        long end = System.nanoTime() + Servers.nanos(grace);
        boolean inTime = false;
        try {
            draining = true;
            closeGates();
            tellStop();
            inTime = awaitEmpty(end);
            return inTime && !failure.isThere();
        } finally {
            close();
            awaitEnd();
        }
    }

    /** Tells all who are inside to finish. */
    void tellStop() {
        clients.values().forEach(ServedClient::stop);
    }

    private void closeGates() {
        synchronized (gates) {
            closed = true;
            gates.forEach(BlockingAcceptor::close);
        }
    }

    private boolean awaitEmpty(long end) throws InterruptedException {
        joinKeepers(end);
        synchronized (clients) {
            for (long left = end - System.nanoTime(); !clients.isEmpty(); left = end - System.nanoTime()) {
                if (left <= 0) {
                    return false;
                }
                // Bounded, since a link may leave between the look and the wait.
                clients.wait(Math.min(50, left / 1_000_000 + 1));
            }
            return true;
        }
    }

    private void joinKeepers(long end) throws InterruptedException {
        for (Thread thread : keepers) {
            thread.join(Math.max(1, (end - System.nanoTime()) / 1_000_000));
        }
    }

    @Override
    public void close() {
        draining = true;
        cutting = true;
        closeGates();
        clients.values().forEach(ServedClient::cut);
        wakeWorkers();
    }

    @Override
    public void await() throws InterruptedException {
        awaitEnd();
        failure.check();
    }

    private void awaitEnd() throws InterruptedException {
        join(keepers);
        awaitClients();
        join(workers);
        release();
    }

    /** All connections have ended: what the model itself holds is given back, if it has not been. */
    void release() {}

    private void join(List<Thread> threads) throws InterruptedException {
        for (Thread thread : threads) {
            boolean ended = thread.join(LOOK);
            while (!ended && !failure.isThere()) {
                ended = thread.join(LOOK);
            }
            if (!ended) {
                thread.join(LAST);
            }
        }
    }

    /**
     * Those who are left in a server that could not go on are not waited for long: no thread may be left to end them.
     */
    private void awaitClients() throws InterruptedException {
        long failedAt = 0;
        synchronized (clients) {
            while (!clients.isEmpty() && (failedAt == 0 || System.nanoTime() - failedAt < LAST_NANOS)) {
                failedAt = failedAt == 0 && failure.isThere() ? System.nanoTime() : failedAt;
                clients.wait(50);
            }
        }
    }
}

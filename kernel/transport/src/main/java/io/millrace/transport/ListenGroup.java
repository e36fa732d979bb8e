// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.socket.Kernel.Sharing;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** One address, listened on by several loops: the sockets, the acceptors and who gets the next connection. */
final class ListenGroup implements Listener {
    private static final long QUIET_NANOS = 30_000_000_000L;

    final ConnectionLimit connectionLimit;

    private final ListenOptions options;
    private final EventLoop[] loops;
    private final Kernel kernel;
    private final SocketAddress address;
    private final List<Acceptor> acceptors = new ArrayList<>();

    /** Written before the loops see it, read by them; each factory is used by its own loop only. */
    private final Map<EventLoop, ProtocolFactory> factories;

    /** How many acceptors still use the one socket of SHARED. */
    private final AtomicInteger users = new AtomicInteger();

    private volatile boolean paused;
    private boolean closing;

    /** Counts hand-overs, and runs over. For tests not private. */
    int turn;

    private boolean saidExhausted;
    private long lastSaid;

    private ListenGroup(
            ListenOptions options,
            EventLoop[] loops,
            Map<EventLoop, ProtocolFactory> factories,
            SocketAddress address) {
        this.options = options;
        this.loops = loops;
        this.kernel = loops[0].kernel();
        this.paused = options.paused();
        this.factories = factories;
        this.address = address;
        this.connectionLimit = new ConnectionLimit(options.maxConnections());
    }

    /** Binds, so that a wrong address fails here, then lets each loop begin to accept. */
    static ListenGroup open(
            Kernel kernel, ListenOptions options, EventLoop[] loops, Supplier<? extends ProtocolFactory> protocols)
            throws SysException {
        // Before the sockets: what the user's code throws must not leave one behind.
        Map<EventLoop, ProtocolFactory> factories = new IdentityHashMap<>();
        for (EventLoop loop : loops) {
            factories.put(loop, Objects.requireNonNull(protocols.get(), "a protocol factory"));
        }
        int[] sockets = sockets(kernel, options, loops.length);
        ListenGroup group = new ListenGroup(options, loops, factories, kernel.local(sockets[0]));
        int accepting = options.spread() == AcceptDistribution.HAND_OVER ? 1 : loops.length;
        group.users.set(accepting);
        for (int i = 0; i < accepting; i++) {
            if (!group.begin(new Acceptor(loops[i], group), sockets[i % sockets.length])) {
                group.abandon(sockets, i, accepting);
                throw new RejectedExecutionException("the loop " + loops[i].name() + " has been closed");
            }
        }
        return group;
    }

    /** One of the loops has been closed: those that accept already stop, and the others' sockets are closed here. */
    private void abandon(int[] sockets, int from, int accepting) {
        for (int i = from; i < accepting; i++) {
            leave(sockets[i % sockets.length]);
        }
        close();
    }

    private static int[] sockets(Kernel kernel, ListenOptions options, int loops) throws SysException {
        boolean own = options.spread() == AcceptDistribution.REUSE_PORT && loops > 1;
        int[] sockets = new int[own ? loops : 1];
        int opened = 0;
        try {
            Sharing first = own ? Sharing.FIRST : Sharing.ALONE;
            sockets[0] = kernel.listen(options.address(), options.flags(), first);
            opened = 1;
            while (opened < sockets.length) {
                SocketAddress same = kernel.local(sockets[0]);
                sockets[opened] = kernel.listen(same, options.flags(), Sharing.FURTHER);
                opened++;
            }
            return sockets;
        } catch (SysException e) {
            for (int i = 0; i < opened; i++) {
                kernel.close(sockets[i]);
            }
            throw e;
        }
    }

    /** Has the acceptor begin, soon; returns {@code false} if its loop has been closed. */
    private boolean begin(Acceptor acceptor, int socket) {
        boolean accepted =
                acceptor.loop().offer(() -> begin(acceptor, socket, options.spread() == AcceptDistribution.SHARED));
        if (accepted) {
            acceptors.add(acceptor);
        } else {
            acceptor.unopened();
        }
        return accepted;
    }

    private void begin(Acceptor acceptor, int socket, boolean exclusive) {
        int result = acceptor.begin(socket, exclusive);
        if (result < 0) {
            if (!acceptor.loop().isStopped()) {
                failed("cannot watch the listening socket of " + address, result);
            }
            acceptor.closeNow();
        }
    }

    ProtocolFactory factory(EventLoop loop) {
        return factories.get(loop);
    }

    /** Whether other processes may have the socket, too, and make it block. */
    boolean isShared() {
        return options.address() instanceof InheritedSocket;
    }

    int loops() {
        return loops.length;
    }

    int backlog() {
        return options.backlog();
    }

    boolean waits() {
        return options.overload() == OverloadPolicy.WAIT;
    }

    /** The loop that gets the connection which {@code accepting} has taken. On the accepting loop. */
    EventLoop next(EventLoop accepting) {
        return options.spread() == AcceptDistribution.HAND_OVER
                ? loops[Math.floorMod(turn++, loops.length)]
                : accepting;
    }

    /**
     * One of the acceptors has run out of descriptors; returns whether to say so: once for all of them, and not again
     * and again.
     */
    synchronized boolean exhausted() {
        long now = System.nanoTime();
        if (saidExhausted || (lastSaid != 0 && now - lastSaid < QUIET_NANOS)) {
            return false;
        }
        saidExhausted = true;
        lastSaid = now;
        return true;
    }

    /** One of them accepts again; returns whether to say so. */
    synchronized boolean recovered() {
        boolean say = saidExhausted;
        saidExhausted = false;
        return say;
    }

    /** An acceptor stops: closes the socket if this was its last user. */
    void leave(int socket) {
        int left = users.decrementAndGet();
        if (options.spread() == AcceptDistribution.SHARED && left > 0) {
            return;
        }
        kernel.close(socket);
        try {
            kernel.unlinkSocket(options.address());
        } catch (SysException e) {
            // Another process listens there already, and needs it; or it is not for us to remove.
            if (e.errno() != Errno.EADDRINUSE) {
                Log.warn("cannot clean up after " + address + ": " + e.getMessage());
            }
        }
    }

    /** Something about the listening itself went wrong: tells the callback that was given. */
    void failed(String what, int result) {
        if (options.errors() == null) {
            Log.warn(what + ": " + Errno.describe(result));
            return;
        }
        try {
            options.errors().accept(new SysException("accept", result, address));
        } catch (Throwable t) {
            Log.error("whoever is told that accepting fails failed", t);
        }
    }

    /** Whether failures are told to a callback, in place of the log. */
    boolean tells() {
        return options.errors() != null;
    }

    @Override
    public SocketAddress local() {
        return address;
    }

    @Override
    public synchronized void pause() {
        paused = true;
        heed();
    }

    @Override
    public synchronized void resume() {
        if (!closing) {
            paused = false;
            heed();
        }
    }

    @Override
    public boolean paused() {
        return paused;
    }

    private void heed() {
        for (Acceptor acceptor : acceptors) {
            acceptor.loop().offer(acceptor::pauseChanged);
        }
    }

    @Override
    public int connections() {
        return connectionLimit.open();
    }

    @Override
    public synchronized void close() {
        closing = true;
        for (Acceptor acceptor : acceptors) {
            acceptor.loop().offer(acceptor::close);
        }
    }

    @Override
    public String toString() {
        return "Listening[" + address + "]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ThreadBuffers;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * <b>nonblocking</b>: one thread that asks every socket in turn whether it has something, and never waits for any.
 *
 * <p>O_NONBLOCK turns "wait until there is something" into "tell me that there is nothing" (EAGAIN), and with that one
 * thread can serve many: no client can hold up another any more. But the kernel does not say <em>which</em> has
 * something, so every socket is asked: with a thousand idle clients and one that is busy, 999 of a thousand calls are
 * for nothing, and when none has anything the processor is busy with asking. Everything after this model, select(2)
 * first, is a way to have the kernel do the asking.
 *
 * <p>Where answers must come within microseconds and a processor can be given away for it, asking for ever is right:
 * that is how kernel-bypass network stacks run. Here, so that the model can be compared fairly, an empty round is
 * followed by a pause that grows from nothing over ten microseconds to one millisecond, and is back at nothing with the
 * first byte.
 *
 * <p>Watch it: {@code strace -c} counts the recvfrom calls and how many of them were errors.
 */
final class NonBlockingServer extends LinkServer {
    private static final int EMPTY_ROUNDS = 50;
    private static final long SHORTEST_PAUSE = 10_000;
    private static final long LONGEST_PAUSE = 1_000_000;

    /** A link and the gate that it came through. */
    private record Guest(BlockingLink link, BlockingAcceptor acceptor, boolean welcome) {}

    private final ConcurrentLinkedQueue<BlockingAcceptor> coming = new ConcurrentLinkedQueue<>();
    private final Map<BlockingAcceptor, ProtocolFactory> gates = new IdentityHashMap<>();
    private final List<Guest> guests = new ArrayList<>();
    private final ThreadBuffers threadBuffers = new ThreadBuffers();
    private final Thread thread;
    private final @Nullable Trace trace;
    private int emptyRounds;
    private long pause;

    NonBlockingServer(Kernel kernel, ModelOptions options) {
        super(kernel, Integer.MAX_VALUE, options);
        this.trace = Trace.of(kernel);
        this.thread = startWorker("millrace-nonblocking", this::run);
    }

    @Override
    void keep(BlockingAcceptor acceptor) {
        coming.add(acceptor);
        LockSupport.unpark(thread);
    }

    private void run() {
        while (!done() || !coming.isEmpty() || !gates.isEmpty()) {
            if (round()) {
                emptyRounds = 0;
                pause = 0;
            } else {
                rest();
            }
        }
    }

    private boolean round() {
        for (BlockingAcceptor acceptor = coming.poll(); acceptor != null; acceptor = coming.poll()) {
            gates.put(acceptor, Servers.factory(acceptor.protocols));
        }
        int before = guests.size();
        for (BlockingAcceptor acceptor : List.copyOf(gates.keySet())) {
            boolean last = acceptor.closing();
            if (!hasFailed()) {
                takeAll(acceptor);
            }
            if (last) {
                acceptor.closeNow();
                gates.remove(acceptor);
            }
        }
        boolean moved = guests.size() > before;
        for (int i = guests.size() - 1; i >= 0; i--) {
            moved |= serve(guests.get(i), i);
        }
        return moved;
    }

    @Override
    void carry(BlockingAcceptor acceptor, int fd) {
        KernelSocketIo socketIo = new KernelSocketIo(kernel, fd) {
            @Override
            protected int await(int interest, long nanos) {
                throw new UnsupportedOperationException("this model never waits for a socket");
            }

            @Override
            protected void wake() {
                LockSupport.unpark(thread);
            }
        };
        BlockingLink link = enter(acceptor, socketIo, fd, protocol(acceptor));
        if (link != null) {
            guests.add(new Guest(link, acceptor, acceptor.welcome()));
        }
    }

    private @Nullable Protocol protocol(BlockingAcceptor acceptor) {
        ProtocolFactory factory = gates.get(acceptor);
        if (factory == null) {
            // It could not be made before: another try for each connection.
            factory = Servers.factory(acceptor.protocols);
            gates.put(acceptor, factory);
        }
        return factory == null ? null : Servers.protocol(factory, acceptor.welcome());
    }

    /** One try: whatever the socket has, the link finds out by asking. */
    private boolean serve(Guest guest, int index) {
        BlockingLink link = guest.link;
        link.ready(Interest.READ | Interest.WRITE);
        boolean moved = link.step(threadBuffers);
        if (link.over()) {
            guests.set(index, guests.getLast());
            guests.removeLast();
            leave(guest.acceptor, link, guest.welcome);
        }
        return moved;
    }

    private void rest() {
        if (++emptyRounds < EMPTY_ROUNDS) {
            Thread.onSpinWait();
            return;
        }
        pause = pause == 0 ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
        long since = trace == null ? 0 : System.nanoTime();
        LockSupport.parkNanos(this, pause);
        if (trace != null) {
            trace.slept("pause after an empty round", pause, since, "asking again");
        }
    }

    @Override
    void wakeWorkers() {
        LockSupport.unpark(thread);
    }

    @Override
    public String engine() {
        return "non-blocking calls in turn, 1 thread";
    }

    @Override
    public int carriers() {
        return 1;
    }
}

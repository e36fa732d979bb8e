// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ThreadBuffers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * <b>epoll-oneshot</b>: one epoll instance, and several threads that take events from it.
 *
 * <p>With a loop for each processor every connection belongs to one of them, and a loop that drew the busy ones is late
 * while another sleeps. Here whichever thread is free takes the next event, whatever connection it is for: the work
 * spreads by itself, like people at one queue before several counters.
 *
 * <p>The danger is two threads at one connection. EPOLLONESHOT takes care of that: an event disarms its descriptor, and
 * nothing more is reported, not even a hang-up, until the thread that had it re-arms it with epoll_ctl(2). That is one
 * more call for each event, and a connection's memory wanders from one processor's cache to another's; what is idle
 * time on a fair day for a loop of one's own is the gain on a foul one. Two things are not events of a descriptor and
 * come by other doors to the same queue: what another thread executes, and a time limit.
 *
 * <pre>
 *                  event ──► SERVED ──re-arm──► ARMED ──event──► ...
 *   event, task or time meanwhile: SERVED_AGAIN ──► served once more before it is re-armed
 * </pre>
 *
 * <p>Watch it: {@code strace -f -e trace=epoll_ctl,epoll_wait,epoll_pwait2}: each epoll_wait gives one event, each
 * event has its EPOLL_CTL_MOD.
 */
final class OneShotServer extends LinkServer {
    private static final int ARMED = 0;
    private static final int SERVED = 1;
    private static final int SERVED_AGAIN = 2;
    private static final long LOOK_NANOS = 20_000_000L;

    /**
     * One by one: a second event that a thread has taken would wait for the first while another thread has nothing to
     * do.
     */
    private static final int EVENTS = 1;

    private final Poller poller;
    private final int threads;
    private final Map<Long, Guest> guests = new ConcurrentHashMap<>();
    private final AtomicLong tokens = new AtomicLong();
    private final ConcurrentLinkedQueue<Guest> called = new ConcurrentLinkedQueue<>();

    /**
     * Rings time limits. A connection has one appointment at most, and looks again when it has come: deadlines mostly
     * move away.
     */
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("millrace-clock").daemon().factory());

    private volatile boolean ending;

    OneShotServer(Kernel kernel, ModelOptions options) throws SysException {
        super(kernel, Integer.MAX_VALUE, options);
        this.poller = kernel.poller(PollerKind.EPOLL, EVENTS);
        this.threads = options.carriers();
        List<Poller> mine = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            mine.add(i == 0 ? poller : poller.sibling());
        }
        for (int i = 0; i < threads; i++) {
            Poller own = mine.get(i);
            startWorker("millrace-oneshot-" + i, () -> run(own));
        }
    }

    @Override
    void carry(BlockingAcceptor acceptor, int fd) {
        Guest guest = new Guest(acceptor, fd, acceptor.welcome());
        // A factory for each: a protocol may be carried by any thread, so nothing can be shared without a lock.
        Protocol protocol = Servers.protocol(acceptor.protocols, guest.welcome);
        BlockingLink link = enter(acceptor, guest, fd, protocol);
        if (link != null) {
            guests.put(guest.token, guest);
            guest.link = link;
            guest.call();
        }
    }

    private void run(Poller own) {
        Ready ready = new Ready(EVENTS);
        ThreadBuffers threadBuffers = new ThreadBuffers();
        while (!ending || !done()) {
            int n = own.poll(ending ? LOOK_NANOS : called.isEmpty() ? -1 : 0, ready);
            if (n < 0) {
                throw new IllegalStateException(own.name() + ": " + Errno.describe(n));
            }
            for (int i = 0; i < ready.count(); i++) {
                Guest guest = find(ready.token(i));
                if (guest != null) {
                    guest.event(ready.events(i), own, threadBuffers);
                }
            }
            serveCalled(own, threadBuffers);
        }
        // Wake-ups that come together wake one thread: each that ends wakes the next.
        poller.wakeup();
    }

    /** An event is told once: want of memory for a moment must not lose it. */
    private @Nullable Guest find(long token) {
        for (int tries = 0; ; tries++) {
            try {
                return guests.get(token);
            } catch (OutOfMemoryError e) {
                Servers.pause(tries, e);
            }
        }
    }

    private void serveCalled(Poller own, ThreadBuffers threadBuffers) {
        Guest guest = called.poll();
        if (guest != null) {
            if (!called.isEmpty()) {
                poller.wakeup();
            }
            guest.serve(own, threadBuffers);
        }
    }

    @Override
    void wakeWorkers() {
        ending = true;
        poller.wakeup();
    }

    @Override
    void release() {
        clock.shutdownNow();
        poller.close();
    }

    @Override
    public String engine() {
        return "epoll, one-shot, shared by " + threads + (threads == 1 ? " thread" : " threads");
    }

    @Override
    public int carriers() {
        return threads;
    }

    /** A connection, and whose turn it is. */
    private final class Guest extends KernelSocketIo {
        private final BlockingAcceptor acceptor;
        private final boolean welcome;
        private final long token = tokens.incrementAndGet();
        private final AtomicInteger state = new AtomicInteger();
        private final AtomicInteger found = new AtomicInteger();

        @SuppressWarnings("NullAway.Init") // set before it is armed
        private volatile BlockingLink link;

        private volatile boolean known;
        private volatile long appointment = Link.NEVER;

        private Guest(BlockingAcceptor acceptor, int fd, boolean welcome) {
            super(OneShotServer.this.kernel, fd);
            this.acceptor = acceptor;
            this.welcome = welcome;
        }

        /** Some thread is to serve it, soon: something has happened that is no event. Any thread may call. */
        void call() {
            if (state.getAndUpdate(now -> now == ARMED ? SERVED : SERVED_AGAIN) == ARMED) {
                queue();
                poller.wakeup();
            }
        }

        private void queue() {
            boolean queued = false;
            try {
                queued = called.add(this);
            } finally {
                if (!queued) {
                    // No memory for its place: it is still armed, and the caller is told.
                    state.set(ARMED);
                }
            }
        }

        void event(int events, Poller own, ThreadBuffers threadBuffers) {
            found.accumulateAndGet(events, (before, more) -> before | more);
            if (state.getAndUpdate(now -> now == ARMED ? SERVED : SERVED_AGAIN) == ARMED) {
                serve(own, threadBuffers);
            }
        }

        /** By the one thread that has brought it from ARMED to SERVED. What fails costs this connection only. */
        private void serve(Poller own, ThreadBuffers threadBuffers) {
            try {
                serveOn(own, threadBuffers);
            } catch (Throwable t) {
                guests.remove(token);
                link.abandon();
                leave(acceptor, link, welcome);
                Servers.error("a connection could not be carried on", t);
            }
        }

        private void serveOn(Poller own, ThreadBuffers threadBuffers) {
            do {
                state.set(SERVED);
                link.ready(found.getAndSet(0));
                link.step(threadBuffers);
                if (link.over()) {
                    guests.remove(token);
                    leave(acceptor, link, welcome);
                    return;
                }
                if (link.hasWork()) {
                    // Its budget is used up: behind all others.
                    called.add(this);
                    return;
                }
                arrange();
                arm(own);
            } while (!state.compareAndSet(SERVED, ARMED));
        }

        /** Armed while still SERVED: an event that comes at once makes it SERVED_AGAIN, and is not lost. */
        private void arm(Poller own) {
            if (link.interest() == BlockingLink.NO_SOCKET) {
                return;
            }
            int interest = link.interest() | Interest.ONE_SHOT;
            int result = known ? own.modify(fd, interest, token) : own.add(fd, interest, token);
            known = true;
            if (result < 0) {
                found.set(Interest.ERROR);
                state.set(SERVED_AGAIN);
            }
        }

        private void arrange() {
            long due = link.due();
            if (due < appointment) {
                appointment = due;
                clock.schedule(() -> meet(due), due - System.nanoTime(), TimeUnit.NANOSECONDS);
            }
        }

        private void meet(long due) {
            if (appointment == due) {
                appointment = Link.NEVER;
            }
            call();
        }

        @Override
        protected int await(int interest, long nanos) {
            throw new UnsupportedOperationException("threads of this model wait together");
        }

        @Override
        protected void wake() {
            call();
        }
    }
}

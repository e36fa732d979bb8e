// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Link;
import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where virtual threads wait for their sockets: one epoll instance, in which a socket is armed for one event at a time
 * (EPOLLONESHOT), and one platform thread that unparks whose event has come.
 */
final class VirtualThreadPoller {
    private static final int EVENTS = 256;

    /** When the server ends, how often to look whether the last client has gone. */
    private static final long LOOK_NANOS = 20_000_000L;

    /** Set beside the events: another thread has woken it. */
    private static final int RUNG = 1 << 30;

    private final Kernel kernel;
    private final @Nullable Trace trace;
    private final Poller poller;
    private final Map<Long, Place> places = new ConcurrentHashMap<>();
    private final AtomicLong tokens = new AtomicLong();
    private volatile boolean ending;

    VirtualThreadPoller(Kernel kernel) throws SysException {
        this.kernel = kernel;
        this.trace = Trace.of(kernel);
        this.poller = kernel.poller(PollerKind.EPOLL, EVENTS);
    }

    /** A place for a socket. */
    Place place(int fd) {
        return new Place(fd, tokens.incrementAndGet());
    }

    /** Unparks those whose events come, until {@code done}. */
    void run(BooleanSupplier done) {
        Ready ready = new Ready(EVENTS);
        while (!ending || !done.getAsBoolean()) {
            int n = poller.poll(ending ? LOOK_NANOS : -1, ready);
            if (n < 0) {
                throw new IllegalStateException(poller.name() + ": " + Errno.describe(n));
            }
            for (int i = 0; i < ready.count(); i++) {
                tell(ready.token(i), ready.events(i));
            }
        }
    }

    /** An event is told once: want of memory for a moment must not lose it. */
    private void tell(long token, int events) {
        for (int tries = 0; ; tries++) {
            try {
                Place place = places.get(token);
                if (place != null) {
                    place.found(events);
                }
                return;
            } catch (OutOfMemoryError e) {
                Servers.pause(tries, e);
            }
        }
    }

    /** The end is near: the thread looks whether it has come. */
    void wake() {
        ending = true;
        poller.wakeup();
    }

    void close() {
        poller.close();
    }

    /** One socket, and the thread that may be parked on it. */
    final class Place extends KernelSocketIo {
        private final long token;
        private final AtomicInteger found = new AtomicInteger();
        private volatile @Nullable Thread sleeper;
        private boolean known;

        private Place(int fd, long token) {
            super(VirtualThreadPoller.this.kernel, fd);
            this.token = token;
        }

        private void found(int events) {
            found.accumulateAndGet(events, (before, more) -> before | more);
            LockSupport.unpark(sleeper);
        }

        /** Parks the calling thread until the link has something to do. */
        void sleep(BlockingLink link) {
            if (!link.hasWork()) {
                long due = link.due();
                link.ready(await(link.interest(), due == Link.NEVER ? -1 : Math.max(0, due - System.nanoTime())));
            }
        }

        @Override
        protected int await(int interest, long nanos) {
            sleeper = Thread.currentThread();
            // A place that is not armed anew hears at most once of what it was armed for before.
            int refused = interest == BlockingLink.NO_SOCKET ? 0 : arm(interest);
            if (refused < 0) {
                // Out of memory for it: the link finds out what is wrong by trying.
                return Interest.ERROR;
            }
            return trace == null ? park(nanos) : traced(trace, interest, nanos);
        }

        private int traced(Trace lines, int interest, long nanos) {
            long since = System.nanoTime();
            String in = "park for " + fd + " " + Interest.describe(interest);
            int events = park(nanos);
            lines.slept(in, nanos, since, events != 0 ? Interest.describe(events) : "rung, or time is up");
            return events;
        }

        private int park(long nanos) {
            long end = nanos < 0 ? Long.MAX_VALUE : System.nanoTime() + nanos;
            while (found.get() == 0) {
                long left = nanos < 0 ? Long.MAX_VALUE : end - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                LockSupport.parkNanos(this, left);
            }
            return found.getAndSet(0) & ~RUNG;
        }

        /** The lock is the poller's: its methods are for one thread at a time, waiting excepted. */
        private int arm(int interest) {
            synchronized (places) {
                if (known) {
                    return poller.modify(fd, interest | Interest.ONE_SHOT, token);
                }
                known = true;
                places.put(token, this);
                return poller.add(fd, interest | Interest.ONE_SHOT, token);
            }
        }

        @Override
        protected void wake() {
            found(RUNG);
        }

        @Override
        protected void close() {
            if (known) {
                places.remove(token);
                synchronized (places) {
                    poller.remove(fd);
                }
            }
            super.close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.poll.Interest;
import io.millrace.poll.Kernel;
import io.millrace.poll.Poller;
import io.millrace.poll.Ready;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;

/**
 * Moves bytes where the kernel says what is ready. Edge-triggered: each socket is registered once, for everything, and never
 * touched again until it closes; what the kernel said last is kept in the connection's flags.
 *
 * <p>An edge is reported once, so whoever stops before the socket is empty or full has to come back by himself: a connection whose
 * budget is used up goes to the list for the next turn, behind all others (epoll(7), "starvation").
 */
final class ReadinessDriver extends Driver {
    private static final int EVENTS_A_TURN = 1024;

    private static final int EVERYTHING = Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.EDGE;

    private final Poller poller;
    private final Ready ready = new Ready(EVENTS_A_TURN);

    ReadinessDriver(EventLoop loop, Kernel kernel, Budget budget) throws SysException {
        super(loop, kernel, budget);
        this.poller = kernel.poller(EVENTS_A_TURN);
    }

    @Override
    String engine() {
        return poller.name() + ", edge-triggered";
    }

    // ---- the turn ----

    @Override
    void await(long timeoutNanos) {
        int n = poller.poll(timeoutNanos, ready);
        if (n < 0) {
            throw new IllegalStateException(poller.name() + ": " + Errno.describe(n));
        }
        loop.meter.found(n);
    }

    @Override
    void handle() {
        for (int i = 0, n = ready.count(); i < n; i++) {
            Source source = slab.get(ready.token(i));
            // Nobody there: an event that was on its way when the connection closed.
            if (source != null) {
                tell(source, ready.events(i));
            }
        }
        ready.clear();
    }

    @Override
    void wakeup() {
        poller.wakeup();
    }

    // ---- one connection ----

    @Override
    int begin(Connection c) {
        return poller.add(c.fd, EVERYTHING, c.token);
    }

    @Override
    void ready(Connection c, int events) {
        if ((events & Interest.WRITE) != 0) {
            c.set(Connection.WRITABLE);
        }
        if ((events & (Interest.READ | Interest.PEER_CLOSED | Interest.ERROR | Interest.HANGUP)) != 0) {
            c.set(Connection.READABLE);
        }
        if ((events & (Interest.PEER_CLOSED | Interest.ERROR | Interest.HANGUP)) != 0) {
            c.set(Connection.ENDING);
        }
        // Gone in both directions while nobody reads: no call would ever find out.
        if ((events & (Interest.ERROR | Interest.HANGUP)) != 0 && !c.wantsInput()) {
            c.doom(CloseCause.RESET);
        }
        serve(c);
    }

    @Override
    void look(Connection c) {
        c.set(Connection.READABLE);
        serve(c);
    }

    /** One call of recv(2). */
    @Override
    int receive(Connection c) {
        Buffer in = intake.lend(c);
        int space = in.writable();
        int n = kernel.receive(c.fd, in.array(), in.tail(), space);
        if (n > 0) {
            in.wrote(n);
            // Less than there was room for: the socket is empty, and the next byte or the end will be a new edge (epoll(7)).
            if (n < space && !c.is(Connection.ENDING)) {
                c.clear(Connection.READABLE);
            }
            intake.deliver(c, in);
            return n;
        }
        intake.scratch();
        if (n == 0) {
            c.clear(Connection.READABLE);
            if (!c.is(Connection.ENDED)) {
                c.endRead();
            }
        } else if (n == -Errno.EAGAIN) {
            c.clear(Connection.READABLE);
        } else if (n != -Errno.EINTR) {
            c.doom(cause(n));
        }
        return 0;
    }

    @Override
    long send(Connection c, long most) {
        return outlet.sendFirst(c, most);
    }

    @Override
    void full(Connection c) {
        // That there is room again will be a new edge.
    }

    @Override
    void settle(Connection c) {
        // Everything is watched, always.
    }

    /**
     * From here on the token is dead, so that events still under way find nobody. The poller is not asked to forget the socket, which
     * saves a call: closing its only descriptor does that (epoll(7)), and all of ours are closed on exec.
     */
    @Override
    void end(Connection c) {
        free(c);
    }

    // ---- everything else that is watched, and the end ----

    @Override
    int watch(Source source, int interest) {
        return poller.add(source.fd, interest, source.token);
    }

    @Override
    int modify(Source source, int interest) {
        return poller.modify(source.fd, interest, source.token);
    }

    /** The kernel is asked to forget it: the descriptor may be a copy of another, whose closing ends nothing (epoll(7), question 6). */
    @Override
    void unwatch(Source source) {
        poller.remove(source.fd);
    }

    @Override
    void close() {
        poller.close();
    }
}

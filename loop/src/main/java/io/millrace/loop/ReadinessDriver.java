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
    private final PipePool pipes;
    private final Ready ready = new Ready(EVENTS_A_TURN);

    ReadinessDriver(EventLoop loop, Kernel kernel, Budget budget) throws SysException {
        super(loop, kernel, budget);
        this.pipes = new PipePool(kernel);
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
        // Behind the end, which has been read, nothing comes but an error: after a half-close of ours the kernel reports both ends as HUP.
        int something = Interest.READ | Interest.PEER_CLOSED | Interest.ERROR | Interest.HANGUP;
        if ((events & (c.is(Connection.ENDED) ? Interest.ERROR : something)) != 0) {
            c.set(Connection.READABLE);
        }
        if ((events & (Interest.PEER_CLOSED | Interest.ERROR | Interest.HANGUP)) != 0) {
            c.set(Connection.ENDING);
        }
        // Broken off while nobody reads: no call would ever find out. Closed in both directions is another matter: input may still lie there.
        if ((events & Interest.ERROR) != 0 && !(c.wantsInput() && c.mayReceive())) {
            c.doom(CloseCause.RESET);
        }
        serve(c);
    }

    @Override
    void look(Connection c) {
        c.set(Connection.READABLE);
        serve(c);
    }

    @Override
    int receive(Connection c) {
        return c.terms == null ? receive(c, budget.lent()) : receiveOnTerms(c);
    }

    private int receiveOnTerms(Connection c) {
        int most = c.terms.mayReceive(c.terms.splice == null ? budget.lent() : Splice.PORTION);
        if (most == 0) {
            return 0;
        }
        return c.terms.splice == null ? receive(c, most) : pour(c, c.terms.splice, most);
    }

    /** Moves input on to another connection without seeing it. Returns the bytes it took from the connection's budget. */
    private int pour(Connection c, Splice splice, int most) {
        long n = splice.canPour() ? splice.fill(kernel, pipes, most) : -Errno.EINVAL;
        if (n > 0) {
            c.countIn(n);
            return (int) n;
        }
        if (n == -Errno.EINVAL || n == -Errno.ENOSYS || n == -Errno.EOPNOTSUPP) {
            // A socket that cannot, or nobody to take it: the protocol passes it on by hand.
            c.terms.splice = null;
        } else {
            ended(c, (int) n);
        }
        return 0;
    }

    /** One call of recv(2) for up to {@code most} bytes. */
    private int receive(Connection c, int most) {
        Buffer in = intake.lend(c);
        int space = Math.min(in.writable(), most);
        int n = kernel.receive(c.fd, in.array(), in.tail(), space);
        if (n > 0) {
            in.wrote(n);
            c.countIn(n);
            // Less than there was room for: the socket is empty, and the next byte or the end will be a new edge (epoll(7)).
            if (n < space && !c.is(Connection.ENDING)) {
                c.clear(Connection.READABLE);
            }
            intake.deliver(c, in);
            return n;
        }
        intake.scratch();
        ended(c, n);
        return 0;
    }

    /** No bytes: the end of the stream, or -errno. */
    private static void ended(Connection c, int n) {
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

    @Override
    PipePool pipes() {
        return pipes;
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
        pipes.close();
        poller.close();
    }
}

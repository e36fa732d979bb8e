// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.CloseCause;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.Ready;
import io.millrace.sys.Errno;

/**
 * Moves bytes where the kernel says what is ready. With edge trigger each socket is registered once, for everything,
 * and never touched again until it closes; what the kernel said last is kept in the connection's flags.
 *
 * <p>An edge is reported once, so a connection that stops before the socket is empty or full has to come back by
 * itself: a connection whose budget is used up goes to the list for the next turn, behind all others (epoll(7),
 * "starvation").
 *
 * <p>With level trigger whatever is true is reported with every wait, and so a socket is registered for what is wanted
 * of it only:
 *
 * <pre>
 *   added              input, unless the protocol paused at once
 *   a send is blocked  and room;  all has left: room no longer
 *   paused, too much   nothing is changed until the kernel reports unwanted input: most pauses end before
 *   the end was read   no input;  hung up as well: taken out, for a hang-up cannot be silenced otherwise
 * </pre>
 */
final class ReadinessDriver extends Driver {
    static final int EVENTS_A_TURN = 1024;

    private static final int EVERYTHING = Interest.READ | Interest.WRITE | Interest.PEER_CLOSED;
    private static final int BROKEN = Interest.ERROR | Interest.INVALID;

    /** In {@link Connection#watched}: taken out of the poller, which has nothing more to say of it. */
    private static final int SILENCED = Integer.MIN_VALUE;

    private final Poller poller;
    private final boolean level;

    /** What a connection is watched for: always, with edge trigger; while input is wanted, with level trigger. */
    private final int usual;

    private final Ready ready = new Ready(EVENTS_A_TURN);

    ReadinessDriver(EventLoop loop, Budget budget, HeapLimit heap, Poller poller, boolean edge) {
        super(loop, budget, heap);
        this.poller = poller;
        this.level = !edge;
        int known = poller.supports() & EVERYTHING;
        this.usual = level ? known & ~Interest.WRITE : known | Interest.EDGE;
    }

    @Override
    public String engine() {
        return poller.name() + (level ? ", level-triggered" : ", edge-triggered");
    }

    // ---- the turn ----

    @Override
    protected void await(long timeoutNanos) {
        int n = poller.poll(timeoutNanos, ready);
        if (n < 0) {
            throw new IllegalStateException(poller.name() + ": " + Errno.describe(n));
        }
        found(n);
    }

    @Override
    protected void handle() {
        for (int i = 0, n = ready.count(); i < n; i++) {
            Source source = slab.get(ready.token(i));
            if (source instanceof Connection c) {
                deliver(c, ready.events(i));
            } else if (source != null) {
                deliver(source, ready.events(i));
            }
            // Else the event was on its way when the source was closed.
        }
        ready.clear();
    }

    @Override
    protected void wakeup() {
        poller.wakeup();
    }

    // ---- one connection ----

    @Override
    int begin(Connection c) {
        c.watched = level && !c.wantsInput() ? 0 : usual;
        return poller.add(c.fd, c.watched, c.token);
    }

    @Override
    protected String whyNot(int fd, int interest) {
        return poller.whyNot(fd, interest);
    }

    @Override
    String refusal(Connection c, int result) {
        String whyNot = poller.whyNot(c.fd, c.watched);
        return Errno.describe(result) + (whyNot == null ? "" : ": " + whyNot);
    }

    /** Does for a connection what {@link #deliver(Source, int)} does for other sources, in fewer calls. */
    private void deliver(Connection c, int events) {
        long begun = begin();
        try {
            note(c, events);
            if (level) {
                serveReported(c, events);
            } else {
                serve(c);
            }
        } catch (Throwable t) {
            broken(c, t);
        }
        called(begun, c);
    }

    /** Keeps in the connection's flags what the kernel has reported. */
    private void note(Connection c, int events) {
        if ((events & Interest.WRITE) != 0) {
            c.set(Connection.WRITABLE);
        }
        // Behind the end, which has been read, nothing comes but an error: after a half-close of ours the kernel
        // reports both ends as HUP.
        int something = Interest.READ | Interest.PEER_CLOSED | Interest.HANGUP | BROKEN;
        if ((events & (c.is(Connection.ENDED) ? BROKEN : something)) != 0) {
            c.set(Connection.READABLE);
        }
        if ((events & (Interest.PEER_CLOSED | Interest.HANGUP | BROKEN)) != 0) {
            c.set(Connection.HUNG_UP);
        }
        // Broken off while nothing is read: no call would ever find out. Closed in both directions is another matter:
        // input may still lie there.
        if ((events & BROKEN) != 0 && !(c.wantsInput() && c.mayReceive())) {
            c.failLater(CloseCause.RESET);
        }
    }

    /** Level trigger: what is reported and not wanted would be reported for ever. */
    private void serveReported(Connection c, int events) {
        if (c.is(Connection.REQUEUED) && !c.is(Connection.CLOSING)) {
            // Comes in this turn anyway, and a second time would be more than its share.
            return;
        }
        boolean forNothing = (events & usual) != 0 && (wanted(c) & usual) == 0;
        serve(c);
        if (c.is(Connection.DEAD) || c.watched == SILENCED) {
            return;
        }
        if ((events & (Interest.HANGUP | BROKEN)) != 0 && !c.hasWork()) {
            // Closed in both directions: what is left to be read is read without being told, and whatever is sent fails
            // at once.
            poller.remove(c.fd);
            c.watched = SILENCED;
        } else if (forNothing && (c.watched & ~wanted(c)) != 0) {
            watch(c, wanted(c));
        }
    }

    /** What level trigger has to report of a connection. */
    private int wanted(Connection c) {
        int wanted = c.wantsInput() && c.mayReceive() && !c.is(Connection.ENDED) ? usual : 0;
        return c.is(Connection.DIRTY) && !c.is(Connection.WRITABLE) ? wanted | Interest.WRITE : wanted;
    }

    /**
     * Level trigger: asks for what is missing, and no longer for what would be reported for nothing with the next wait.
     */
    @Override
    void rearm(Connection c) {
        // With edge trigger everything is watched, always.
        if (!level || c.watched == SILENCED) {
            return;
        }
        int wanted = wanted(c);
        boolean missing = (wanted & ~c.watched) != 0;
        boolean needless = ((c.watched & ~wanted & Interest.WRITE) != 0 && !(c.is(Connection.DIRTY) && c.hasWork()))
                || (c.is(Connection.ENDED) && (c.watched & usual) != 0);
        if (missing || needless) {
            watch(c, wanted);
        }
    }

    private void watch(Connection c, int interest) {
        c.watched = interest;
        int result = poller.modify(c.fd, interest, c.token);
        if (result < 0) {
            Log.warn("cannot watch a connection: " + refusal(c, result));
            c.failLater(CloseCause.FAILED);
            markDirty(c);
        }
    }

    @Override
    void pollNow(Connection c) {
        c.set(Connection.READABLE);
        serve(c);
    }

    @Override
    int receive(Connection c) {
        return reader.receive(c);
    }

    @Override
    long send(Connection c, long most) {
        return writer.sendFirst(c, most);
    }

    @Override
    void awaitWritable(Connection c) {
        // That there is room again will be a new edge; with level trigger it is asked for when the connection has been
        // served.
    }

    /**
     * From here on the token is dead, so that events still under way find no connection. epoll is not asked to forget
     * the socket, which saves a call: closing its only descriptor does that (epoll(7)), and all of ours are closed on
     * exec.
     */
    @Override
    void release(Connection c) {
        if (c.fd >= 0) {
            poller.closing(c.fd);
        }
        free(c);
    }

    // ---- everything else that is watched, and the end ----

    @Override
    int listening(boolean exclusive) {
        boolean one = exclusive && (poller.supports() & Interest.EXCLUSIVE) != 0;
        // Who shares exclusively cannot change what he asks for, as level trigger demands.
        return Interest.READ | (level && !one ? 0 : Interest.EDGE) | (one ? Interest.EXCLUSIVE : 0);
    }

    @Override
    protected int watch(Source source, int interest) {
        return poller.add(source.fd, interest, source.token);
    }

    @Override
    public int modify(Source source, int interest) {
        return poller.modify(source.fd, interest, source.token);
    }

    /**
     * The kernel is asked to forget it: the descriptor may be a copy of another, whose closing ends nothing (epoll(7),
     * question 6).
     */
    @Override
    protected void unwatch(Source source) {
        poller.remove(source.fd);
    }

    @Override
    protected void close() {
        poller.close();
    }
}

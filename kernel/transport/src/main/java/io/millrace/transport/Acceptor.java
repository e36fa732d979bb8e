// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Errno;
import java.util.ArrayDeque;

/**
 * A listening socket on one loop: takes connections until there are none, within a budget, and gives each to a loop.
 *
 * <p>A ring brings connections by itself as long as there is room for many; near a limit, and where several share the
 * socket, they are fetched as with readiness, for then those that there is no place for have to stay in the kernel's
 * queue.
 *
 * <p>When the process or the system is out of descriptors or memory it neither spins nor gives up: it says so once,
 * waits a little, longer each time, and goes on. Clients wait in the kernel's queue meanwhile.
 */
final class Acceptor extends Source {
    private static final int ACCEPTS_A_TURN = 64;
    private static final long SHORTEST_PAUSE = 50_000_000L;
    private static final long LONGEST_PAUSE = 1_000_000_000L;

    /** Descriptors that accepting leaves over: connections for which no file can be opened are worth nothing. */
    private static final int RESERVE = 16;

    /** Refusing takes descriptors, too: beyond this many at once connections wait after all. */
    private static final int MOST_REFUSED = 256;

    private final EventLoop loop;
    private final Driver driver;
    private final ListenGroup group;
    private final RawSockaddr peer = new RawSockaddr();
    private final ConnectionLimit refused = new ConnectionLimit(MOST_REFUSED);
    private final long limit;

    /** A paused socket is not watched, and the driver would not close it. */
    private final Runnable end = this::closeNow;

    private final Runnable wake = this::wake;

    /** The listening socket, -1 once it is closed; watched, as {@code fd}, unless the listening is paused. */
    private int socket = -1;

    private boolean exclusive;
    private boolean level;

    /**
     * Level trigger would report those who wait for ever: the socket is watched for nothing until accepting goes on.
     */
    private boolean muted;

    private boolean queued;
    private boolean waiting;
    private long pause;

    /** Connections come by themselves: nothing is to be fetched. */
    private boolean coming;

    /** They are not to come by themselves any more: the listening pauses or ends. */
    private boolean ending;

    /** They never do, for several share the socket and would not get their share, or the kernel cannot. */
    private boolean fetches;

    /**
     * Those that have come and for which there was no place yet: they wait here as they would in the kernel's queue.
     */
    private final ArrayDeque<Integer> early = new ArrayDeque<>();

    /** The number of the descriptor that came last: the lowest that was free. */
    private int last;

    /** With this many connections few descriptors were left. */
    private int crowdedAt = Integer.MAX_VALUE;

    private final SpareDescriptor spare;

    Acceptor(EventLoop loop, ListenGroup group) {
        this.loop = loop;
        this.driver = Driver.of(loop);
        this.group = group;
        this.spare = new SpareDescriptor(loop.kernel());
        this.limit = loop.kernel().descriptorLimit();
    }

    EventLoop loop() {
        return loop;
    }

    /**
     * Begins to accept on a listening socket; if {@code exclusively}, one of several loops is woken. Returns 0 or
     * -errno.
     */
    int begin(int listening, boolean exclusively) {
        socket = listening;
        exclusive = exclusively;
        fetches = exclusively;
        loop.attach(end);
        return group.paused() ? 0 : watch();
    }

    private int watch() {
        int interest = driver.listening(exclusive);
        level = (interest & Interest.EDGE) == 0;
        muted = false;
        ending = false;
        return driver.add(this, socket, interest);
    }

    /**
     * The listening has been paused, or goes on: being watched anew, the socket tells of those that have come
     * meanwhile. On the loop.
     */
    void pauseChanged() {
        if (group.paused()) {
            if (fd >= 0) {
                finish();
                driver.remove(this);
            }
        } else if (fd >= 0) {
            // Paused and resumed before this came: what was left then, no event will tell again.
            accept();
        } else if (socket >= 0) {
            if (watched(watch()) && !early.isEmpty()) {
                accept();
            }
        }
    }

    @Override
    protected void ready(int events) {
        if ((events & (Interest.READ | Interest.ERROR | Interest.HANGUP)) != 0) {
            accept();
            if (level && fd >= 0 && (waiting || isSet())) {
                mute(true);
            }
        }
    }

    private void mute(boolean on) {
        muted = on;
        watchFor(on ? 0 : Interest.READ);
    }

    private void watchFor(int interest) {
        watched(driver.modify(this, interest));
    }

    /** Whether the socket is watched, by what asking for that has given; complains if it is not. */
    private boolean watched(int result) {
        if (result < 0) {
            group.failed("cannot watch the listening socket of " + group.local(), result);
        }
        return result >= 0;
    }

    /**
     * A connection has come by itself, or -errno. With {@code more} false it was the last one that did. A place for
     * each is found as for one that was fetched: more come by themselves only as long as that will go well.
     */
    @Override
    public void completed(int result, boolean more) {
        if (result >= 0) {
            last = result;
            early.add(result);
        } else if (result == -Errno.EINVAL) {
            fetches = true;
        } else if (result != -Errno.ECANCELED) {
            failed(result);
        }
        accept();
        if (coming && (!more || waiting || isSet() || !hasHeadroom())) {
            fetch();
        }
    }

    /** The queue is empty: the next connection is reported by itself. */
    private void startMultishot() {
        if (!fetches && !ending && hasHeadroom()) {
            coming = driver.beginAccepting(this);
        }
    }

    /** They stay in the kernel's queue from now on, until the socket tells of them and they are fetched. */
    private void fetch() {
        coming = false;
        watchFor(driver.listening(exclusive));
    }

    /** The same for a socket that is not going to be watched. Not while events are handled. */
    private void finish() {
        ending = true;
        if (coming) {
            coming = false;
            driver.finishAccepting(this);
        }
    }

    /** Whether all those for whom the kernel has a queue could come at once and find a place and a descriptor. */
    private boolean hasHeadroom() {
        return group.connectionLimit.free() > group.backlog() && last < limit - RESERVE - group.backlog();
    }

    @Override
    protected void resume() {
        queued = false;
        accept();
    }

    /** The pause after running out of descriptors is over. */
    @Override
    protected void expire() {
        accept();
    }

    /** A place under the connection limit may be free. Any thread may call. */
    private void wake() {
        loop.offer(() -> {
            waiting = false;
            accept();
        });
    }

    private void accept() {
        if (waiting || queued || isSet()) {
            return;
        }
        if (muted && fd >= 0) {
            mute(false);
        }
        for (int i = 0; i < ACCEPTS_A_TURN; i++) {
            if (fd < 0 || group.paused() || !acceptOne()) {
                return;
            }
        }
        goOn();
    }

    /** Taking one has failed, for want of memory perhaps: waits a little, and goes on. */
    @Override
    protected void broken() {
        if (socket >= 0 && !isSet()) {
            pause = pause == 0 ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
            loop.setTimer(this, loop.now() + pause);
        }
    }

    /** Takes more in the next turn: no event may tell of those that are left. */
    private void goOn() {
        queued = true;
        driver.requeue(this);
    }

    /** Takes one connection; {@code false} when there is none to be had for now. */
    private boolean acceptOne() {
        if (coming && early.isEmpty()) {
            return false;
        }
        ConnectionLimit connectionLimit = group.connectionLimit;
        if (connectionLimit.open() >= crowdedAt) {
            exhausted("only " + RESERVE + " descriptors are left, for what the connections need", -Errno.EMFILE);
            return false;
        }
        boolean welcome = connectionLimit.take();
        if (!welcome && (group.waits() || !refused.take())) {
            waiting = true;
            (group.waits() ? connectionLimit : refused).await(wake);
            return false;
        }
        ConnectionLimit taken = welcome ? connectionLimit : refused;
        int accepted = take();
        if (accepted < 0) {
            taken.release();
            return failed(accepted);
        }
        last = accepted;
        recovered();
        // The kernel gives the lowest free number: this high, and few are left.
        boolean crowded = accepted >= limit - RESERVE;
        crowdedAt = crowded ? connectionLimit.open() : Integer.MAX_VALUE;
        boolean given = false;
        try {
            given = give(accepted, taken, welcome);
        } finally {
            if (!given) {
                loop.kernel().close(accepted);
                taken.release();
            }
        }
        return true;
    }

    /** Gives a connection to a loop; {@code false} if it is still ours, for all of them have been closed. */
    private boolean give(int accepted, ConnectionLimit taken, boolean welcome) {
        for (int tries = group.loops(); tries > 0; tries--) {
            EventLoop target = group.next(loop);
            Connection connection = new Connection(Driver.of(target), taken, peer.high(), peer.low(), peer.port());
            if (target == loop) {
                open(connection, accepted, welcome);
                return true;
            }
            if (target.offer(() -> open(connection, accepted, welcome))) {
                return true;
            }
        }
        return false;
    }

    /**
     * One that has come, or else one that waits to be fetched: its descriptor, with {@link #peer} filled, or -errno.
     */
    private int take() {
        if (early.isEmpty()) {
            if (group.isShared()) {
                loop.kernel().unblock(fd);
            }
            return loop.kernel().accept(fd, peer);
        }
        int arrived = early.remove();
        if (loop.kernel().peer(arrived, peer) < 0) {
            loop.kernel().close(arrived);
            return -Errno.ECONNABORTED;
        }
        return arrived;
    }

    /** On the loop that the connection was given to. */
    private void open(Connection connection, int accepted, boolean welcome) {
        Protocol protocol = protocol(group.factory(connection.loop), welcome);
        if (protocol == null) {
            loop.kernel().close(accepted);
            connection.unopened();
        } else {
            connection.driver.open(connection, accepted, protocol);
        }
    }

    /** {@code null} for a connection that is to be closed at once, by the factory's choice or by its fault. */
    private static Protocol protocol(ProtocolFactory factory, boolean welcome) {
        try {
            return welcome ? factory.create() : factory.refuse();
        } catch (Throwable t) {
            Log.failure("a protocol factory failed", t);
            return null;
        }
    }

    /** What accept(2) says when it does not give a connection; {@code true} to try the next one. */
    private boolean failed(int result) {
        if (Kernel.isOfTheConnection(result)) {
            return true;
        }
        switch (-result) {
            case Errno.EAGAIN -> {
                recovered();
                startMultishot();
            }
            case Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM -> exhausted(Errno.describe(result), result);
            default -> group.failed("accept on " + group.local(), result);
        }
        return false;
    }

    private void exhausted(String why, int result) {
        if (group.tells()) {
            group.failed(why, result);
        } else if (pause == 0 && group.exhausted()) {
            spare.release();
            Log.warn("cannot accept on " + group.local() + ": " + why + "; limit " + limit + ", "
                    + group.connectionLimit.open() + " connections; clients wait, trying on");
            spare.restore();
        }
        pause = pause == 0 ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
        loop.setTimer(this, loop.now() + pause);
    }

    /** It never came to accept: gives back what it holds. */
    void unopened() {
        spare.release();
    }

    private void recovered() {
        if (pause > 0) {
            pause = 0;
            spare.restore();
            if (group.recovered()) {
                Log.info("accepting on " + group.local() + " again");
            }
        }
    }

    /** Takes those that the kernel has accepted already, for closing would reset them, and stops. On the loop. */
    void close() {
        finish();
        for (int i = 0; i < group.backlog() && fd >= 0 && !group.paused() && !waiting && !isSet(); i++) {
            if (!acceptOne()) {
                break;
            }
        }
        closeNow();
    }

    @Override
    protected void abandon() {
        if (socket < 0) {
            return;
        }
        int listening = socket;
        socket = -1;
        coming = false;
        while (!early.isEmpty()) {
            loop.kernel().close(early.poll());
        }
        spare.release();
        group.leave(listening);
    }

    /** Stops. On the loop. */
    @Override
    protected void closeNow() {
        if (socket < 0) {
            return;
        }
        loop.detach(end);
        spare.release();
        coming = false;
        early.forEach(loop.kernel()::close);
        early.clear();
        if (fd >= 0) {
            driver.remove(this);
        }
        int listening = socket;
        socket = -1;
        group.leave(listening);
        driver.left();
    }

    @Override
    protected boolean awaited() {
        return true;
    }
}

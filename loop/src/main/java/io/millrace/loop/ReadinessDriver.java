// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Protocol;
import io.millrace.poll.Interest;
import io.millrace.poll.Kernel;
import io.millrace.poll.Poller;
import io.millrace.poll.Ready;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves bytes where the kernel says what is ready. Edge-triggered: each socket is registered once, for everything, and never
 * touched again until it closes; what the kernel said last is kept in the connection's flags.
 *
 * <p>An edge is reported once, so whoever stops before the socket is empty or full has to come back by himself: a connection whose
 * budget is used up goes to the list for the next turn, behind all others (epoll(7), "starvation").
 */
final class ReadinessDriver extends Driver {
    private static final int EVENTS_A_TURN = 1024;

    /** What offering input again counts in a connection's budget: a protocol that asks for it for ever must not hold up the others. */
    private static final int OFFER_COST = 4096;

    private static final int EVERYTHING = Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.EDGE;

    private final EventLoop loop;
    private final Kernel kernel;
    private final Budget budget;
    private final Poller poller;
    private final Ready ready = new Ready(EVENTS_A_TURN);
    private final Slab slab = new Slab();
    private final BufferPool pool = new BufferPool();

    /** Where all input arrives. Lent to one connection at a time, for the length of one call of its protocol. */
    private final Buffer lent;

    private final Buffer nowhere = new Buffer();

    /** To be served before this turn ends. */
    private ArrayList<Connection> touched = new ArrayList<>();

    /** To go on next turn. */
    private ArrayList<Source> again = new ArrayList<>();

    private ArrayList<Source> spare = new ArrayList<>();
    private long sentThisTurn;

    /** How many of those in the slab an orderly end does not wait for. */
    private int unawaited;

    private boolean closed;

    ReadinessDriver(EventLoop loop, Kernel kernel, Budget budget) throws SysException {
        this.loop = loop;
        this.kernel = kernel;
        this.budget = budget;
        this.lent = new Buffer(budget.lent());
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
    void dispatch() {
        sentThisTurn = 0;
        for (int i = 0, n = ready.count(); i < n; i++) {
            Source source = slab.get(ready.token(i));
            // Nobody there: an event that was on its way when the connection closed.
            if (source != null) {
                tell(source, ready.events(i));
            }
        }
        ready.clear();
        resumeAgain();
    }

    private void tell(Source source, int events) {
        long begun = loop.meter.begin();
        try {
            source.ready(events);
        } catch (Throwable t) {
            broken(source, t);
        }
        if (source.awaited()) {
            loop.meter.called(begun, source);
        }
    }

    /** Whatever goes wrong with one source, such as memory for its input, must not take the others along. */
    private void broken(Source source, Throwable thrown) {
        Log.error("serving " + source + " failed", thrown);
        if (source instanceof Connection c && !c.is(Connection.DEAD)) {
            c.doom(CloseCause.FAILED);
            lent.clear();
            bury(c);
        }
    }

    private void resumeAgain() {
        if (again.isEmpty()) {
            return;
        }
        ArrayList<Source> now = again;
        again = spare;
        spare = now;
        for (int i = 0; i < now.size(); i++) {
            Source source = now.get(i);
            try {
                source.resume();
            } catch (Throwable t) {
                broken(source, t);
            }
        }
        now.clear();
    }

    @Override
    void finishTurn() {
        // Serving one connection can touch another: the list may grow while it is read.
        for (int i = 0; i < touched.size(); i++) {
            Connection connection = touched.get(i);
            connection.clear(Connection.TOUCHED);
            try {
                serve(connection);
            } catch (Throwable t) {
                broken(connection, t);
            }
        }
        touched.clear();
    }

    @Override
    boolean hasWork() {
        return !again.isEmpty() || !touched.isEmpty();
    }

    @Override
    void wakeup() {
        poller.wakeup();
    }

    @Override
    void touch(Connection connection) {
        if (!connection.is(Connection.BUSY | Connection.TOUCHED | Connection.DEAD)) {
            connection.set(Connection.TOUCHED);
            touched.add(connection);
        }
    }

    @Override
    void again(Source source) {
        again.add(source);
    }

    // ---- one connection ----

    @Override
    void open(Connection c, int fd, Protocol protocol) {
        if (closed) {
            kernel.close(fd);
            c.unopened();
            return;
        }
        c.fd = fd;
        slab.add(c);
        c.set(Connection.BUSY);
        c.opened(protocol);
        int result = poller.add(fd, EVERYTHING, c.token);
        if (result < 0) {
            Log.warn("cannot watch a connection: " + Errno.describe(result));
            c.doom(CloseCause.FAILED);
        } else if (loop.draining()) {
            c.stopping();
        }
        serve(c);
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

    @Override
    void serve(Connection c) {
        if (c.is(Connection.DEAD)) {
            return;
        }
        c.set(Connection.BUSY);
        long left = budget.read();
        int rounds = budget.rounds();
        do {
            left = read(c, left);
            if (c.is(Connection.DIRTY)) {
                write(c);
            }
        } while (c.hasWork() && left > 0 && --rounds > 0);
        if (c.is(Connection.DOOMED)) {
            bury(c);
            return;
        }
        c.clear(Connection.BUSY);
        if (c.hasWork() && !c.is(Connection.AGAIN)) {
            c.set(Connection.AGAIN);
            again.add(c);
        }
    }

    private long read(Connection c, long most) {
        long left = most;
        while (left > 0 && c.wantsInput()) {
            if (c.is(Connection.OFFER)) {
                offer(c);
                left -= OFFER_COST;
            } else if (c.is(Connection.END_TO_TELL)) {
                c.ended();
            } else if (c.is(Connection.READABLE)) {
                left -= receive(c);
            } else {
                break;
            }
        }
        return left;
    }

    /** Shows the protocol once more what it left, without new bytes. */
    private void offer(Connection c) {
        c.clear(Connection.OFFER);
        Buffer left = c.in;
        if (left != null) {
            c.received(left);
            if (left.isEmpty() && c.in == left) {
                c.in = null;
            }
        }
    }

    /** One call of recv(2). Returns the bytes it took from the connection's budget. */
    private int receive(Connection c) {
        Buffer in = lend(c);
        int space = in.writable();
        int n = kernel.receive(c.fd, in.array(), in.tail(), space);
        if (n > 0) {
            in.wrote(n);
            // Less than there was room for: the socket is empty, and the next byte or the end will be a new edge (epoll(7)).
            if (n < space && !c.is(Connection.ENDING)) {
                c.clear(Connection.READABLE);
            }
            deliver(c, in);
            return n;
        }
        lent.clear();
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

    /** The lent buffer with what the connection left unconsumed in front; a connection that left much gets its own. */
    private Buffer lend(Connection c) {
        if (c.in == null) {
            return lent;
        }
        if (c.in.readable() <= budget.lent() / 2) {
            lent.append(c.in);
            return lent;
        }
        c.in.reserve(budget.lent() / 2);
        return c.in;
    }

    private void deliver(Connection c, Buffer in) {
        if (c.is(Connection.LINGERING)) {
            in.clear();
            return;
        }
        c.received(in);
        keep(c, in);
    }

    /** What the protocol left moves out of the lent buffer into one of the connection's own, just large enough. */
    private void keep(Connection c, Buffer in) {
        if (in.isEmpty()) {
            c.in = null;
        } else if (in != c.in) {
            if (c.in == null) {
                c.in = new Buffer(Math.max(64, Integer.highestOneBit(in.readable() - 1) << 1));
            }
            c.in.clear();
            c.in.append(in);
        }
        lent.clear();
    }

    /** Sends until everything has left, the socket is full or the budget is used up. */
    private void write(Connection c) {
        c.clear(Connection.DIRTY);
        long left = sentThisTurn < budget.turn() ? budget.write() : Math.max(1, budget.write() / 16);
        boolean progress = false;
        while (c.pending() > 0 && c.is(Connection.WRITABLE) && !c.is(Connection.DOOMED)) {
            if (left <= 0) {
                c.moved();
                c.set(Connection.DIRTY);
                return;
            }
            long n = sendFirst(c, left);
            if (n > 0) {
                progress = true;
                left -= n;
                sentThisTurn += n;
            } else if (n == -Errno.EAGAIN) {
                c.clear(Connection.WRITABLE);
            } else if (n != -Errno.EINTR) {
                c.doom(cause((int) n));
            }
        }
        if (c.is(Connection.DOOMED)) {
            return;
        }
        if (c.pending() > 0) {
            c.set(Connection.DIRTY);
            c.blocked(progress);
        } else {
            c.outbox = null;
            giveBack(c);
            c.drained();
        }
    }

    private void giveBack(Connection c) {
        if (c.out != null) {
            pool.give(c.out);
            c.out = null;
        }
    }

    /** Sends from the first part of the output, of a file no more than {@code most}: bytes taken, or -errno. */
    private long sendFirst(Connection c, long most) {
        Outbox.Part part = c.outbox == null ? null : c.outbox.first();
        if (part == null) {
            long n = send(c, c.out, false);
            if (n > 0) {
                c.out.consume((int) n);
            }
            return n;
        }
        long n = part.file == null ? send(c, part.bytes, true) : sendFile(c, part, most);
        if (n > 0 && c.outbox.sent(n) && part.file == null) {
            pool.give(part.bytes);
        }
        return n;
    }

    private long send(Connection c, Buffer bytes, boolean more) {
        int length = bytes.readable();
        int n = kernel.send(c.fd, bytes.array(), bytes.head(), length, more);
        if (n >= 0 && n < length) {
            // The socket is full; that there is room again will be a new edge.
            c.clear(Connection.WRITABLE);
        }
        return n;
    }

    private long sendFile(Connection c, Outbox.Part part, long most) {
        long count = Math.min(part.left, most);
        if (part.file instanceof KernelFile file && !part.copied) {
            long n = kernel.sendFile(c.fd, file.descriptor(), part.position, count);
            if (n == -Errno.EINVAL || n == -Errno.ENOSYS || n == -Errno.EOPNOTSUPP) {
                // A file system that cannot (sendfile(2)): read and send.
                part.copied = true;
                return -Errno.EINTR;
            }
            return n == 0 ? -Errno.EIO : n;
        }
        return copyFile(c, part, (int) Math.min(count, lent.capacity()));
    }

    private long copyFile(Connection c, Outbox.Part part, int count) {
        lent.clear();
        try {
            int n = part.file.read(part.position, lent.array(), 0, count);
            if (n <= 0) {
                return -Errno.EIO;
            }
            lent.wrote(n);
            return send(c, lent, part.left > n || c.outbox.more());
        } catch (IOException e) {
            return -Errno.EIO;
        } finally {
            lent.clear();
        }
    }

    private static CloseCause cause(int result) {
        return switch (-result) {
            case Errno.ECONNRESET, Errno.EPIPE, Errno.ECONNABORTED -> CloseCause.RESET;
            case Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.ENETUNREACH, Errno.ENETDOWN -> CloseCause.UNREACHABLE;
            default -> CloseCause.FAILED;
        };
    }

    /**
     * The end: from here on the token is dead, so that events still under way find nobody. The poller is not asked to forget the socket, which
     * saves a call: closing its only descriptor does that (epoll(7)), and all of ours are closed on exec.
     */
    private void bury(Connection c) {
        slab.remove(c);
        loop.alarms.cancel(c);
        kernel.close(c.fd);
        c.fd = -1;
        c.died(pool);
        loop.left();
    }

    @Override
    Buffer lendOutput(Connection c) {
        if (c.is(Connection.DEAD)) {
            nowhere.clear();
            return nowhere;
        }
        return pool.take();
    }

    // ---- everything else that is watched, and the end ----

    @Override
    int add(Source source, int fd, int interest) {
        if (closed) {
            return -Errno.EBADF;
        }
        slab.add(source);
        int result = poller.add(fd, interest, source.token);
        if (result < 0) {
            slab.remove(source);
            return result;
        }
        source.fd = fd;
        unawaited += source.awaited() ? 0 : 1;
        return 0;
    }

    @Override
    int modify(Source source, int interest) {
        return poller.modify(source.fd, interest, source.token);
    }

    /** The kernel is asked to forget it: the descriptor may be a copy of another, whose closing ends nothing (epoll(7), question 6). */
    @Override
    void remove(Source source) {
        slab.remove(source);
        loop.alarms.cancel(source);
        poller.remove(source.fd);
        source.fd = -1;
        unawaited -= source.awaited() ? 0 : 1;
    }

    @Override
    List<Connection> connections() {
        List<Connection> all = new ArrayList<>();
        for (Source source : slab.toArray()) {
            if (source instanceof Connection connection) {
                all.add(connection);
            }
        }
        return all;
    }

    @Override
    boolean isEmpty() {
        return slab.size() == unawaited;
    }

    @Override
    void closeAll() {
        closed = true;
        for (Source source : slab.toArray()) {
            if (source instanceof Connection connection) {
                connection.doom(CloseCause.SHUTDOWN);
                bury(connection);
            } else {
                source.closeNow();
            }
        }
        touched.clear();
        again.clear();
    }

    @Override
    void close() {
        poller.close();
    }
}

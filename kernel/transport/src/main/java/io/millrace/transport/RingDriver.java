// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.poll.PollBits;
import io.millrace.ring.BufferRing;
import io.millrace.ring.CompletionQueue;
import io.millrace.ring.Ring;
import io.millrace.ring.Sqe;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Moves bytes by completions (io_uring(7)): what is to be done is written down during the turn, and one system call
 * hands it over and waits for what comes of it.
 *
 * <pre>
 *   input    one multishot receive for the life of a connection; bytes come in a buffer that the kernel takes from a ring when there
 *            are some, are copied out and the buffer goes back at once
 *   output   small: copied into the batch's memory and submitted, tried at once by the kernel (MSG_DONTWAIT)
 *            large, and files: by a call, straight from the heap or the page cache
 *   full     a poll for room; then on
 *   unwanted input that comes while nobody wants it is kept with the connection, and the receive is cancelled; so no more than what
 *            was on its way piles up. A poll without events stays behind, which tells of a reset
 *   accept   one multishot accept for a socket that is this loop's alone, as long as there is room for all who may come; else a poll and accept4(2)
 *   by hand  where a call has to say how much it takes, or where it goes (rates, marks, portions, pouring): a poll for input, then recv(2) or splice(2).
 *            A splice by the ring would always run on the kernel's worker threads
 *   end      what is under way is cancelled; slot and descriptor are free when the last completion has come
 * </pre>
 *
 * <p>The data of an operation is its source's token with the kind of operation in the upper four bits of the slot.
 */
class RingDriver extends Driver {
    private static final int KIND_SHIFT = 28;
    private static final long KIND_MASK = 0xfL << KIND_SHIFT;

    // Kinds of operations; 1 << kind in Source.underWay while one is.
    static final int RECEIVE = 0;
    static final int SEND = 1;
    static final int ROOM = 2;
    static final int HANGUP = 3;
    static final int READY = 4;
    static final int ACCEPT = 5;
    /** Polls of what is no connection: they take turns, so that what is left of one is not taken for the next. */
    private static final int FIRST_POLL = 8;

    private static final int LAST_POLL = 15;

    /** In Source.underWay: the receive has been cancelled, its last completion is on its way. */
    private static final int CANCELLED = 1 << 16;

    /** Data that are no token: those are never negative. */
    static final long WAKE = -1;

    static final long NOBODY = -2;
    private static final int ENDS = Epoll.EPOLLERR | Epoll.EPOLLHUP;

    /** How often the last completions are waited for, and how long each time. */
    private static final int LAST_WAITS = 200;

    private static final long LAST_WAIT_NANOS = 10_000_000;

    final Ring ring;
    private final CompletionQueue completions;
    private final BufferRing buffers;
    private final MemorySegment input;
    private final SendArea area;
    private final int sendLimit;
    private final int eventfd;
    private boolean wakeArmed;
    private boolean looked;
    private boolean freed;
    private boolean abandoned;

    RingDriver(EventLoop loop, Budget budget, HeapLimit heap, RingSizes sizes) throws SysException {
        super(loop, budget, heap);
        this.ring = Ring.open(sizes.submissions(), sizes.completions());
        this.completions = ring.completions();
        this.area = new SendArea(sizes.sendArea());
        this.sendLimit = sizes.sendLimit();
        this.eventfd = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        try {
            if (eventfd < 0) {
                throw new SysException("eventfd", eventfd, "for wake-ups");
            }
            this.buffers = ring.buffers(0, sizes.buffers(), sizes.bufferSize(), sizes.incremental());
        } catch (SysException e) {
            Descriptors.close(eventfd);
            ring.close();
            throw e;
        }
        this.input = buffers.memory();
        armWake();
    }

    @Override
    public String engine() {
        return "io_uring, multishot accept and receive" + (buffers.incremental() ? ", buffers filled in parts" : "");
    }

    // ---- the turn ----

    @Override
    protected void await(long timeoutNanos) {
        looked = false;
        int result = ring.enable();
        if (result < 0) {
            throw new IllegalStateException("io_uring_register: " + Errno.describe(result));
        }
        enter(timeoutNanos == 0 || completions.ready() > 0 ? 0 : 1, timeoutNanos);
        found(completions.ready());
    }

    /** Submits everything, and waits for completions or lets come about what can. */
    private void enter(int least, long timeoutNanos) {
        int result = call(least, timeoutNanos);
        if (result < 0 && !passes(result)) {
            throw new IllegalStateException("io_uring_enter: " + Errno.describe(result));
        }
        if (ring.submissions().pending() == 0) {
            area.clear();
        }
    }

    /** The one system call. */
    int call(int least, long timeoutNanos) {
        return ring.submitAndWait(least, timeoutNanos);
    }

    /** Every completion comes by here: for {@link TracedRingDriver}. */
    void reported(long data, int result, int flags) {}

    /** What an operation is of, {@code null} if that is no more; not for {@link #WAKE} and {@link #NOBODY}. */
    final Source source(long data) {
        return slab.get(data & ~KIND_MASK);
    }

    /** What kind of operation it is. */
    static int kind(long data) {
        return (int) data >>> KIND_SHIFT;
    }

    /**
     * Errors that the next call may not have: time is up, a signal came, the kernel is short of memory or has
     * completions to get rid of.
     */
    private static boolean passes(int result) {
        return switch (-result) {
            case Errno.ETIME, Errno.EINTR, Errno.EAGAIN, Errno.EBUSY -> true;
            default -> false;
        };
    }

    @Override
    protected void handle() {
        // Those that are there now: what they set going completes next turn.
        for (int left = completions.ready(); left > 0; left--) {
            completions.look();
            long data = completions.data();
            int result = completions.result();
            int flags = completions.flags();
            completions.done();
            reported(data, result, flags);
            if (data >= 0) {
                completed(data, result, flags);
            } else if (data == WAKE && (flags & Uring.IORING_CQE_F_MORE) == 0) {
                wakeArmed = false;
                if (!isClosed()) {
                    armWake();
                }
            }
        }
    }

    private void completed(long data, int result, int flags) {
        Source source = source(data);
        int kind = kind(data);
        if (source == null) {
            if (kind == ACCEPT && result >= 0) {
                // Nobody listens any more.
                kernel.close(result);
            }
            return;
        }
        boolean more = (flags & Uring.IORING_CQE_F_MORE) != 0;
        if (!more) {
            source.underWay &= ~(1 << kind);
        }
        if (!(source instanceof Connection) && kind != ACCEPT) {
            polled(source, kind, result);
            return;
        }
        long begun = begin();
        try {
            if (source instanceof Connection c) {
                completed(c, kind, result, flags);
            } else {
                source.completed(result, more);
            }
        } catch (Throwable t) {
            broken(source, t);
        }
        called(begun, source);
    }

    private void completed(Connection c, int kind, int result, int flags) {
        if (kind == RECEIVE) {
            received(c, result, flags);
        } else if (c.is(Connection.DEAD)) {
            // Of no interest any more.
        } else if (kind == SEND) {
            sent(c, result);
        } else {
            polled(c, kind, result);
        }
        if (!c.is(Connection.DEAD)) {
            serve(c);
        } else if (c.underWay == 0) {
            free(c);
            left();
        }
    }

    /** The kernel reports each wake-up once, so the counter never has to be read back. */
    private void armWake() {
        wakeArmed = true;
        next().pollMultishot(eventfd, Epoll.EPOLLIN, WAKE);
    }

    /**
     * The lock keeps the number of a closed eventfd, which may belong to someone else by then, from being written to.
     */
    @Override
    protected synchronized void wakeup() {
        if (!freed) {
            Descriptors.signal(eventfd);
        }
    }

    // ---- submitting ----

    private Sqe next() {
        if (ring.submissions().isFull()) {
            flush();
        }
        return ring.submissions().next();
    }

    private Sqe next(Source source, int kind) {
        source.underWay |= 1 << kind;
        return next();
    }

    private static long data(Source source, int kind) {
        return source.token | (long) kind << KIND_SHIFT;
    }

    private void cancel(Source source, int kind) {
        next().cancel(data(source, kind), NOBODY);
    }

    /** Hands over what has been written, so that there is room for more. */
    private void flush() {
        ring.enable();
        for (int tries = 0; ring.submissions().pending() > 0; tries++) {
            enter(0, 0);
            if (tries > LAST_WAITS) {
                throw new IllegalStateException("the kernel takes no more entries");
            }
        }
    }

    // ---- input ----

    @Override
    int begin(Connection c) {
        // The first settle() begins to receive.
        return 0;
    }

    private void received(Connection c, int result, int flags) {
        if ((flags & Uring.IORING_CQE_F_BUFFER) != 0) {
            try {
                if (result > 0 && !c.is(Connection.DEAD)) {
                    take(c, buffers.offset(flags), result);
                }
            } finally {
                buffers.release(flags, Math.max(result, 0));
            }
        }
        if ((flags & Uring.IORING_CQE_F_MORE) == 0) {
            c.underWay &= ~CANCELLED;
        }
        if (result > 0 || c.is(Connection.DEAD)) {
            return;
        }
        if (result == 0) {
            if (!c.is(Connection.ENDED)) {
                c.endRead();
            }
        } else if (!goesOn(result)) {
            c.failLater(Causes.of(result));
        }
    }

    /** Results after which receiving begins again, now or when it is wanted. */
    private static boolean goesOn(int result) {
        return switch (-result) {
            // The buffers were used up: those that had been filled have gone back by the time it begins again.
            case Errno.ENOBUFS, Errno.ECANCELED, Errno.EAGAIN, Errno.EINTR -> true;
            default -> false;
        };
    }

    private void take(Connection c, long offset, int length) {
        // What came beyond what may come overdraws the connection's rate, and is made up for later.
        c.countIn(length);
        if (c.is(Connection.LINGERING)) {
            return;
        }
        if (!c.wantsInput() || c.is(Connection.REDELIVER)) {
            hold(c, offset, length);
            return;
        }
        c.set(Connection.BUSY);
        Buffer in = receiveBuffer.lend(c);
        append(in, offset, length);
        receiveBuffer.deliver(c, in);
        if (c.flow != null && !c.canReceive()) {
            stopReceiving(c);
        }
    }

    /** Nobody wants it now: it is offered later, and what else comes may wait in the socket. */
    private void hold(Connection c, long offset, int length) {
        if (c.in == null) {
            c.in = new Buffer(Math.max(64, length));
        }
        append(c.in, offset, length);
        c.set(Connection.REDELIVER);
        if (!c.wantsInput()) {
            stopReceiving(c);
        }
    }

    private void stopReceiving(Connection c) {
        if ((c.underWay & (1 << RECEIVE | CANCELLED)) == 1 << RECEIVE) {
            c.underWay |= CANCELLED;
            cancel(c, RECEIVE);
        }
    }

    private void append(Buffer in, long offset, int length) {
        in.reserve(length);
        MemorySegment.copy(input, ValueLayout.JAVA_BYTE, offset, in.array(), in.tail(), length);
        in.wrote(length);
    }

    /**
     * Input comes by itself, and there is none to be fetched but by hand: then what had been asked for before has to
     * come first.
     */
    @Override
    int receive(Connection c) {
        if (byHand(c) && (c.underWay & 1 << RECEIVE) == 0) {
            return reader.receive(c);
        }
        c.clear(Connection.READABLE);
        return 0;
    }

    private static boolean byHand(Connection c) {
        return c.flow != null && c.flow.byHand();
    }

    @Override
    void pollNow(Connection c) {
        if (!looked) {
            looked = true;
            flush();
            enter(0, 0);
            handle();
        }
        serve(c);
    }

    @Override
    void rearm(Connection c) {
        if (byHand(c)) {
            askForInput(c);
        } else if (!c.is(Connection.ENDED) && (c.underWay & 1 << RECEIVE) == 0 && c.wantsInput() && c.canReceive()) {
            next(c, RECEIVE).receiveMultishot(c.fd, 0, data(c, RECEIVE));
        }
        if ((c.underWay & (1 << RECEIVE | 1 << ROOM | 1 << HANGUP | 1 << READY)) == 0 && !hangsAnyway(c)) {
            next(c, HANGUP).poll(c.fd, 0, data(c, HANGUP));
        }
    }

    private void askForInput(Connection c) {
        if ((c.underWay & 1 << RECEIVE) != 0) {
            stopReceiving(c);
        } else if (!c.is(Connection.ENDED | Connection.READABLE)
                && (c.underWay & 1 << READY) == 0
                && c.wantsInput()
                && c.canReceive()) {
            next(c, READY).poll(c.fd, Epoll.EPOLLIN | Epoll.EPOLLRDHUP, data(c, READY));
        }
    }

    /**
     * Whether the kernel would report a hang-up again and again that changes nothing: with both ends closed and ours to
     * close for good, or known already to who will read on, or who has closed his own direction.
     */
    private static boolean hangsAnyway(Connection c) {
        boolean bothEnded = c.is(Connection.FINISHED) && c.is(Connection.ENDED);
        return bothEnded || (c.is(Connection.HUNG_UP) && (c.wantsInput() || c.is(Connection.FINISHED)));
    }

    // ---- output ----

    @Override
    long send(Connection c, long most) {
        int length = c.output.isBytes() ? c.output.length() : Integer.MAX_VALUE;
        if (length > sendLimit || (c.flow != null && length > most)) {
            return writer.sendFirst(c, most);
        }
        submit(c, c.output.bytes(), length);
        return 0;
    }

    private void submit(Connection c, Buffer bytes, int length) {
        if (!area.fits(length)) {
            flush();
        }
        long address = area.put(bytes.array(), bytes.head(), length);
        int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL | (c.output.more() ? Sockets.MSG_MORE : 0);
        next(c, SEND).send(c.fd, address, length, flags, data(c, SEND));
        c.sending = length;
        c.clear(Connection.WRITABLE);
    }

    private void sent(Connection c, int result) {
        int submitted = c.sending;
        c.sending = 0;
        c.set(Connection.DIRTY);
        if (result > 0) {
            writer.sent(c, result);
            c.moved();
        } else if (result != -Errno.EAGAIN && result != -Errno.EINTR) {
            c.failLater(Causes.of(result));
        }
        // Less than there was: the socket is full.
        if (result == submitted || result == -Errno.EINTR) {
            c.set(Connection.WRITABLE);
        }
    }

    @Override
    void awaitWritable(Connection c) {
        if ((c.underWay & 1 << ROOM) == 0) {
            next(c, ROOM).poll(c.fd, Epoll.EPOLLOUT, data(c, ROOM));
        }
    }

    private void polled(Connection c, int kind, int result) {
        if (result < 0) {
            if (result != -Errno.ECANCELED) {
                c.failLater(Causes.of(result));
            }
            return;
        }
        if (kind == ROOM) {
            c.set(Connection.WRITABLE | Connection.DIRTY);
        } else if (kind == READY) {
            c.set(Connection.READABLE);
        }
        if ((result & ENDS) != 0) {
            c.set(Connection.HUNG_UP);
        }
        // Gone in both directions while nobody reads: no call would ever find out.
        int ends = c.is(Connection.FINISHED) ? Epoll.EPOLLERR : ENDS;
        if ((result & ends) != 0 && (c.is(Connection.ENDED) || !c.wantsInput())) {
            c.failLater(CloseCause.RESET);
        }
    }

    /** The kernel holds the socket as long as something is under way with it: its last completion closes it. */
    @Override
    void release(Connection c) {
        if (c.underWay == 0 || abandoned) {
            free(c);
            return;
        }
        if ((c.underWay & (1 << RECEIVE | CANCELLED)) == 1 << RECEIVE) {
            cancel(c, RECEIVE);
        }
        for (int kind = ROOM; kind <= READY; kind++) {
            if ((c.underWay & 1 << kind) != 0) {
                cancel(c, kind);
            }
        }
    }

    // ---- accepting ----

    @Override
    boolean beginAccepting(Source acceptor) {
        if ((acceptor.underWay & 1 << ACCEPT) != 0) {
            // The one before has been cancelled and is not over yet.
            return false;
        }
        unwatch(acceptor);
        next(acceptor, ACCEPT)
                .acceptMultishot(acceptor.fd, Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, data(acceptor, ACCEPT));
        return true;
    }

    @Override
    void finishAccepting(Source acceptor) {
        unwatch(acceptor);
        for (int waits = 0; waits < LAST_WAITS && (acceptor.underWay & 1 << ACCEPT) != 0; waits++) {
            enter(completions.ready() > 0 ? 0 : 1, LAST_WAIT_NANOS);
            handle();
        }
    }

    // ---- everything else that is watched ----

    /** Edge-triggered by one poll that goes on, level-triggered by one for each report. */
    @Override
    protected int watch(Source source, int interest) {
        // A poll would say so too late.
        int result = Descriptors.fcntl(source.fd, Descriptors.F_GETFD, 0);
        if (result < 0) {
            return result;
        }
        poll(source, interest);
        return 0;
    }

    private void poll(Source source, int interest) {
        source.interest = interest;
        if (bits(interest) == 0) {
            return;
        }
        source.kind = source.kind == 0 || source.kind == LAST_POLL ? FIRST_POLL : source.kind + 1;
        int events = bits(interest);
        if ((interest & Interest.EDGE) != 0 && (interest & Interest.EXCLUSIVE) == 0) {
            next(source, source.kind).pollMultishot(source.fd, events, data(source, source.kind));
        } else {
            next(source, source.kind).poll(source.fd, events, data(source, source.kind));
        }
    }

    @Override
    public int modify(Source source, int interest) {
        unwatch(source);
        poll(source, interest);
        return 0;
    }

    /**
     * At once, and not with the turn's batch: the kernel holds the descriptor's file as long as a poll of it is under
     * way.
     */
    @Override
    protected void unwatch(Source source) {
        source.interest = 0;
        boolean polls = (source.underWay & 1 << source.kind) != 0;
        boolean accepts = (source.underWay & 1 << ACCEPT) != 0;
        if (polls) {
            cancel(source, source.kind);
        }
        if (accepts) {
            cancel(source, ACCEPT);
        }
        if (polls || accepts) {
            flush();
        }
        if (polls) {
            // What is left of an accept is awaited: it may still bring connections.
            source.underWay &= 1 << ACCEPT;
        }
    }

    private void polled(Source source, int kind, int result) {
        // One that was cancelled or replaced, and had been on its way.
        if (kind != source.kind || source.interest == 0) {
            return;
        }
        if (result == -Errno.EINVAL && (source.interest & Interest.EXCLUSIVE) != 0) {
            source.interest &= ~Interest.EXCLUSIVE;
        } else if (result < 0 && result != -Errno.ECANCELED) {
            Log.warn("polling for " + source + ": " + Errno.describe(result));
            source.interest = 0;
            deliver(source, Interest.ERROR);
            return;
        } else {
            deliver(source, PollBits.fromPoll(result));
        }
        if (source.fd >= 0 && source.interest != 0 && (source.underWay & 1 << source.kind) == 0) {
            poll(source, source.interest);
        }
    }

    private static int bits(int interest) {
        return PollBits.toPoll(interest) | ((interest & Interest.EXCLUSIVE) != 0 ? Epoll.EPOLLEXCLUSIVE : 0);
    }

    // ---- the end ----

    /** The ring is closed with what is under way: the kernel lets go of the sockets then. */
    @Override
    protected void abandon() {
        abandoned = true;
        super.abandon();
    }

    /** Waits for what is under way, within reason: the kernel may still write to memory that is to be given back. */
    @Override
    protected void close() {
        if (freed) {
            return;
        }
        boolean idle = false;
        try {
            idle = settled();
        } catch (Throwable t) {
            Log.failure("", this, " does not come to rest", t);
        } finally {
            free();
            ring.close(idle);
        }
        for (Source source : slab.toArray()) {
            if (source.fd >= 0) {
                kernel.close(source.fd);
            }
        }
    }

    private boolean settled() {
        if (abandoned || ring.enable() < 0) {
            return false;
        }
        next().cancel(WAKE, NOBODY);
        for (int waits = 0; waits < LAST_WAITS && (wakeArmed || slab.size() > 0); waits++) {
            enter(1, LAST_WAIT_NANOS);
            handle();
        }
        return !wakeArmed && slab.size() == 0;
    }

    private synchronized void free() {
        freed = true;
        Descriptors.close(eventfd);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.CloseCause;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.poll.PollBits;
import io.millrace.ring.BufferRing;
import io.millrace.ring.CompletionQueue;
import io.millrace.ring.Ring;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;

/**
 * Moves bytes by completions (io_uring(7)): what is to be done is written down during the turn, and one system call
 * hands it over and waits for what comes of it.
 *
 * <pre>
 *   input    one multishot receive for the life of a connection; bytes come in a buffer that the kernel takes from a ring when there
 *            are some, are copied out and the buffer goes back at once
 *   output   small: copied into the batch's memory and submitted, tried at once by the kernel (MSG_DONTWAIT)
 *            large, and files: by a call, straight from the heap or the page cache
 *   full     a poll for room, which goes on; then on
 *   unwanted input that comes is kept with the connection, and the receive is cancelled; so no more than what
 *            was on its way piles up. A poll without events stays behind, which tells of a reset
 *   accept   one multishot accept for a socket that is this loop's alone, as long as there is room for all who may come; else a poll and accept4(2)
 *   by hand  where a call has to say how much it takes, or where it goes (rates, marks, portions, pouring): a poll for input, then recv(2) or splice(2).
 *            A splice by the ring would always run on the kernel's worker threads
 *   end      what is under way is cancelled; slot and descriptor are free when the last completion has come
 * </pre>
 */
class RingDriver extends Driver {
    private static final int ENDS = Epoll.EPOLLERR | Epoll.EPOLLHUP;

    /** How often the last completions are waited for, and how long each time. */
    private static final int LAST_WAITS = 200;

    private static final long LAST_WAIT_NANOS = 10_000_000;

    final Ring ring;
    private final CompletionQueue completions;
    private final BufferRing buffers;
    private final RingQueue queue;
    private final RingInput input;
    private final RingOutput output;
    private final RingPolls polls;
    private boolean wakeArmed;
    private boolean looked;
    private boolean freed;
    private boolean abandoned;

    RingDriver(EventLoop loop, Budget budget, HeapLimit heap, RingSizes sizes) throws SysException {
        super(loop, budget, heap);
        this.ring = kernel.ring(sizes.submissions(), sizes.completions());
        this.completions = ring.completions();
        this.queue = new RingQueue(ring, new SendArea(sizes.sendArea()), this::call);
        this.output = new RingOutput(queue, writer, sizes.sendLimit());
        this.polls = new RingPolls(queue);
        try {
            this.buffers = ring.buffers(0, sizes.buffers(), sizes.bufferSize(), sizes.incremental());
        } catch (SysException e) {
            ring.close();
            throw e;
        }
        this.input = new RingInput(queue, buffers, receiveBuffer);
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
        queue.enter(timeoutNanos == 0 || completions.ready() > 0 ? 0 : 1, timeoutNanos);
        found(completions.ready());
    }

    /** The one system call. */
    int call(int least, long timeoutNanos) {
        return ring.submitAndWait(least, timeoutNanos);
    }

    /** Every completion comes by here: for {@link TracedRingDriver}. */
    void reported(long data, int result, int flags) {}

    /**
     * What an operation is of, {@code null} if that is no more; not for {@link RingQueue#WAKE} and
     * {@link RingQueue#NOBODY}.
     */
    final Source source(long data) {
        return slab.get(RingQueue.token(data));
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
            } else if (data == RingQueue.WAKE && (flags & Uring.IORING_CQE_F_MORE) == 0) {
                wakeArmed = false;
                if (!isClosed()) {
                    armWake();
                }
            }
        }
    }

    private void completed(long data, int result, int flags) {
        Source source = source(data);
        int kind = RingQueue.kind(data);
        if (source == null) {
            if (kind == RingQueue.ACCEPT && result >= 0) {
                // No socket listens any more.
                kernel.close(result);
            }
            return;
        }
        boolean more = (flags & Uring.IORING_CQE_F_MORE) != 0;
        if (!more) {
            source.underWay &= ~(1 << kind);
        }
        if (!(source instanceof Connection) && kind != RingQueue.ACCEPT) {
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
        if (kind == RingQueue.RECEIVE) {
            input.received(c, result, flags);
        } else if (c.is(Connection.DEAD)) {
            // Of no interest any more.
        } else if (kind == RingQueue.SEND) {
            output.sent(c, result);
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
        queue.next().pollMultishot(ring.eventfd(), Epoll.EPOLLIN, RingQueue.WAKE);
    }

    /**
     * The lock keeps the number of a closed eventfd, which may belong to someone else by then, from being written to.
     */
    @Override
    protected synchronized void wakeup() {
        if (!freed) {
            ring.wakeup();
        }
    }

    // ---- input ----

    @Override
    int begin(Connection c) {
        // The first rearm begins to receive.
        return 0;
    }

    /**
     * Input comes by itself. It is fetched only where a call has to say how much, or where the buffers had run out;
     * what had been asked for before has to come first.
     */
    @Override
    int receive(Connection c) {
        if ((c.underWay & 1 << RingQueue.RECEIVE) == 0) {
            return reader.receive(c);
        }
        c.clear(Connection.READABLE);
        return 0;
    }

    @Override
    void pollNow(Connection c) {
        if (!looked) {
            looked = true;
            queue.flush();
            queue.enter(0, 0);
            handle();
        }
        serve(c);
    }

    @Override
    void rearm(Connection c) {
        input.ask(c);
        if ((c.underWay & (1 << RingQueue.RECEIVE | 1 << RingQueue.ROOM | 1 << RingQueue.HANGUP | 1 << RingQueue.READY))
                        == 0
                && !hangsAnyway(c)) {
            // One that goes on: the end of the peer's stream is told with every poll, asked for or not, and one that
            // is told once would be told at once again.
            queue.next(c, RingQueue.HANGUP).pollMultishot(c.fd, 0, RingQueue.data(c, RingQueue.HANGUP));
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
        return output.send(c, most);
    }

    @Override
    void awaitWritable(Connection c) {
        output.awaitWritable(c);
    }

    private void polled(Connection c, int kind, int result) {
        if (result < 0) {
            if (result != -Errno.ECANCELED) {
                c.failLater(Causes.of(result));
            }
            return;
        }
        if (kind == RingQueue.ROOM) {
            // The poll goes on when nothing waits any more; then there is nothing to be told either.
            c.set(c.pending() > 0 ? Connection.WRITABLE | Connection.DIRTY : Connection.WRITABLE);
        } else if (kind == RingQueue.READY && !c.is(Connection.ENDED)) {
            c.set(Connection.READABLE);
        }
        if ((result & ENDS) != 0) {
            c.set(Connection.HUNG_UP);
        }
        // Gone in both directions while nothing is read: no call would ever find out.
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
        if ((c.underWay & (1 << RingQueue.RECEIVE | RingInput.CANCELLED)) == 1 << RingQueue.RECEIVE) {
            queue.cancel(c, RingQueue.RECEIVE);
        }
        for (int kind = RingQueue.ROOM; kind <= RingQueue.READY; kind++) {
            if ((c.underWay & 1 << kind) != 0) {
                queue.cancel(c, kind);
            }
        }
    }

    // ---- accepting ----

    @Override
    boolean beginAccepting(Source acceptor) {
        if ((acceptor.underWay & 1 << RingQueue.ACCEPT) != 0) {
            // The one before has been cancelled and is not over yet.
            return false;
        }
        unwatch(acceptor);
        queue.next(acceptor, RingQueue.ACCEPT)
                .acceptMultishot(
                        acceptor.fd,
                        Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC,
                        RingQueue.data(acceptor, RingQueue.ACCEPT));
        return true;
    }

    @Override
    void finishAccepting(Source acceptor) {
        unwatch(acceptor);
        for (int waits = 0; waits < LAST_WAITS && (acceptor.underWay & 1 << RingQueue.ACCEPT) != 0; waits++) {
            queue.enter(completions.ready() > 0 ? 0 : 1, LAST_WAIT_NANOS);
            handle();
        }
    }

    // ---- everything else that is watched ----

    /** Edge-triggered by one poll that goes on, level-triggered by one for each report. */
    @Override
    protected int watch(Source source, int interest) {
        // A poll would say so too late.
        int result = ring.check(source.fd);
        if (result < 0) {
            return result;
        }
        polls.poll(source, interest);
        return 0;
    }

    @Override
    public int modify(Source source, int interest) {
        unwatch(source);
        polls.poll(source, interest);
        return 0;
    }

    @Override
    protected void unwatch(Source source) {
        polls.cancel(source);
    }

    private void polled(Source source, int kind, int result) {
        // One that was cancelled or replaced, and had been on its way.
        if (kind != source.kind || source.interest == 0) {
            return;
        }
        int found = Interest.ERROR;
        if (result == -Errno.EINVAL && (source.interest & Interest.EXCLUSIVE) != 0) {
            source.interest &= ~Interest.EXCLUSIVE;
        } else if (result < 0 && result != -Errno.ECANCELED) {
            Log.warn("polling for " + source + ": " + Errno.describe(result));
            source.interest = 0;
            deliver(source, Interest.ERROR);
            return;
        } else {
            found = result < 0 ? 0 : RingPolls.asked(source, PollBits.fromPoll(result));
            if (found != 0) {
                deliver(source, found);
            }
        }
        polls.goOn(source, kind, found == 0);
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
        queue.next().cancel(RingQueue.WAKE, RingQueue.NOBODY);
        for (int waits = 0; waits < LAST_WAITS && (wakeArmed || slab.size() > 0); waits++) {
            queue.enter(1, LAST_WAIT_NANOS);
            handle();
        }
        return !wakeArmed && slab.size() == 0;
    }

    private synchronized void free() {
        freed = true;
    }
}

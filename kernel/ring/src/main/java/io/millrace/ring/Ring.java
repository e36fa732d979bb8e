// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * One ring: the two queues and the calls that go with them. Made on any thread, then {@link #enable enabled} by the one
 * thread that uses it from then on (IORING_SETUP_SINGLE_ISSUER); the kernel refuses others with -EEXIST.
 *
 * <p>The door to the kernel is as narrow as that of io_uring itself: two system calls, {@link #enter} and
 * {@link #register}, and memory that both sides read and write. Everything else is the same over every implementation.
 * A program loads one, that of Linux, so the JIT compiler binds the calls directly; a simulated kernel can take its
 * place in tests.
 */
public abstract class Ring implements AutoCloseable {
    private static final long NANOS = 1_000_000_000L;

    private final SubmissionQueue submissions;
    private final CompletionQueue completions;
    private final List<BufferRing> buffers = new ArrayList<>();

    /**
     * What an enter with a timeout is given: struct io_uring_getevents_arg, and the struct __kernel_timespec that it
     * points to.
     */
    private final MemorySegment argument = Arena.ofAuto().allocate(Uring.GETEVENTS_ARG_SIZE, 8);

    private final MemorySegment time = Arena.ofAuto().allocate(Uring.TIMESPEC_SIZE, 8);
    private boolean enabled;
    private boolean closed;

    /**
     * A ring over memory that is shared with the kernel.
     *
     * @param params a struct io_uring_params that the kernel has completed
     * @param rings holds both queues where {@code params} says (IORING_FEAT_SINGLE_MMAP)
     * @param entries the entries of the submission queue
     * @param indexed whether the submission queue has an array of indices (no IORING_SETUP_NO_SQARRAY)
     */
    protected Ring(MemorySegment params, MemorySegment rings, MemorySegment entries, boolean indexed) {
        this.submissions = new SubmissionQueue(params, rings, entries, indexed);
        this.completions = new CompletionQueue(params, rings);
    }

    // ---- the door ----

    /**
     * Hands over {@code submit} entries and waits until there are {@code least} completions (io_uring_enter(2)).
     * Blocks. Returns the number of entries taken, or -errno.
     *
     * @param flags IORING_ENTER bits
     * @param argument a struct io_uring_getevents_arg for IORING_ENTER_EXT_ARG
     */
    protected abstract int enter(int submit, int least, int flags, MemorySegment argument);

    /** Registers something with the ring (io_uring_register(2)). Returns what the operation gives, or -errno. */
    protected abstract int register(int operation, MemorySegment argument, int count);

    /** Returns the descriptor of the eventfd(2) that {@link #wakeup} writes to: it is polled and never read. */
    public abstract int eventfd();

    /** Makes the eventfd readable. Any thread may call, as long as the ring is not closed. */
    public abstract void wakeup();

    /** Returns 0 for a descriptor that is open, or -EBADF: a poll of it would say so too late. */
    public abstract int check(int fd);

    /** Closes the descriptors and gives the queues' memory back. Called once. */
    protected abstract void release();

    // ---- what every ring has ----

    /** Makes the calling thread the ring's owner: 0 or -errno. A second time does nothing. */
    public final int enable() {
        if (enabled) {
            return 0;
        }
        enabled = true;
        return register(Uring.IORING_REGISTER_ENABLE_RINGS, MemorySegment.NULL, 0);
    }

    /** What is to be done. */
    public final SubmissionQueue submissions() {
        return submissions;
    }

    /** What has been done. */
    public final CompletionQueue completions() {
        return completions;
    }

    /**
     * Registers {@code count} buffers, a power of two, of {@code size} bytes each, under a number; filled by several
     * completions each where {@code incremental} is asked for and the kernel can. Their memory lives as long as the
     * ring.
     */
    public final BufferRing buffers(int group, int count, int size, boolean incremental) throws SysException {
        BufferRing registered;
        try {
            registered = BufferRing.register(this, group, count, size, incremental);
        } catch (SysException e) {
            if (!incremental || e.errno() != Errno.EINVAL) {
                throw e;
            }
            registered = BufferRing.register(this, group, count, size, false);
        }
        buffers.add(registered);
        return registered;
    }

    /** Hands over what has been written, and no more: the number of entries taken, or -errno. */
    public final int submit() {
        int count = submissions.publish();
        return count == 0 ? 0 : enter(count, 0, 0, MemorySegment.NULL);
    }

    /**
     * Hands over what has been written and waits until there are {@code least} completions to be read, at most that
     * many nanoseconds (negative: for ever). With {@code least} 0 it does not wait but lets come about what can.
     * Blocks.
     *
     * @return the number of entries taken, or -errno: -ETIME when time is up, -EINTR
     */
    public final int submitAndWait(int least, long timeoutNanos) {
        int count = submissions.publish();
        if (least == 0 || timeoutNanos < 0) {
            return enter(count, least, Uring.IORING_ENTER_GETEVENTS, MemorySegment.NULL);
        }
        time.set(ValueLayout.JAVA_LONG, 0, timeoutNanos / NANOS);
        time.set(ValueLayout.JAVA_LONG, 8, timeoutNanos % NANOS);
        argument.set(ValueLayout.JAVA_LONG, Uring.GETEVENTS_ARG_TS, time.address());
        int flags = Uring.IORING_ENTER_GETEVENTS | Uring.IORING_ENTER_EXT_ARG;
        return enter(count, least, flags, argument);
    }

    /**
     * Closes the ring. The kernel ends what is still under way after this returns: memory it may still write to is only
     * given back if the caller knows that there is none.
     *
     * @param idle whether no operation is under way
     */
    public final void close(boolean idle) {
        if (closed) {
            return;
        }
        closed = true;
        release();
        if (idle) {
            buffers.forEach(BufferRing::free);
        }
    }

    @Override
    public final void close() {
        close(false);
    }
}

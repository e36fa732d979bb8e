// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Descriptors;
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
 */
public final class Ring implements AutoCloseable {
    private static final long NANOS = 1_000_000_000L;

    private static final int WANTED = Uring.IORING_SETUP_CQSIZE
            | Uring.IORING_SETUP_CLAMP
            | Uring.IORING_SETUP_R_DISABLED
            | Uring.IORING_SETUP_SUBMIT_ALL
            | Uring.IORING_SETUP_SINGLE_ISSUER
            | Uring.IORING_SETUP_DEFER_TASKRUN;

    private static final int NEEDED_FEATURES = Uring.IORING_FEAT_SINGLE_MMAP
            | Uring.IORING_FEAT_NODROP
            | Uring.IORING_FEAT_SUBMIT_STABLE
            | Uring.IORING_FEAT_EXT_ARG;

    private final int fd;
    private final MemorySegment rings;
    private final MemorySegment entries;
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

    private Ring(int fd, MemorySegment params, MemorySegment rings, MemorySegment entries, boolean indexed) {
        this.fd = fd;
        this.rings = rings;
        this.entries = entries;
        this.submissions = new SubmissionQueue(params, rings, entries, indexed);
        this.completions = new CompletionQueue(params, rings);
    }

    /**
     * A new ring for that many entries a submission and that many unread completions; both are rounded up to powers of
     * two.
     *
     * @throws SysException with what the kernel says: see {@link Probe#reason}
     */
    public static Ring open(int submissions, int completions) throws SysException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment params = arena.allocate(Uring.PARAMS_SIZE, 8);
            int extra = Uring.IORING_SETUP_NO_SQARRAY;
            int fd = setup(params, submissions, completions, WANTED | extra);
            if (fd == -Errno.EINVAL) {
                // Before Linux 6.6.
                extra = 0;
                fd = setup(params, submissions, completions, WANTED);
            }
            if (fd < 0) {
                throw new SysException("io_uring_setup", fd, "for " + submissions + " entries");
            }
            try {
                return map(fd, params, extra == 0);
            } catch (SysException e) {
                Descriptors.close(fd);
                throw e;
            }
        }
    }

    private static int setup(MemorySegment params, int submissions, int completions, int flags) {
        params.fill((byte) 0);
        params.set(ValueLayout.JAVA_INT, Uring.PARAMS_CQ_ENTRIES, completions);
        params.set(ValueLayout.JAVA_INT, Uring.PARAMS_FLAGS, flags);
        return Uring.setup(submissions, params);
    }

    private static Ring map(int fd, MemorySegment params, boolean indexed) throws SysException {
        if ((Words.plain(params, Uring.PARAMS_FEATURES) & NEEDED_FEATURES) != NEEDED_FEATURES) {
            throw new SysException("io_uring_setup", Errno.EINVAL, "(features missing)");
        }
        int sqEntries = Words.plain(params, Uring.PARAMS_SQ_ENTRIES);
        long cqEntries = Words.plain(params, Uring.PARAMS_CQ_ENTRIES);
        // One mapping holds both (IORING_FEAT_SINGLE_MMAP): as long as the one that ends later.
        long sqEnd = Words.plain(params, Uring.SQ_OFF_ARRAY) + (indexed ? 4L * sqEntries : 0);
        long cqEnd = Words.plain(params, Uring.CQ_OFF_CQES) + cqEntries * Uring.CQE_SIZE;
        MemorySegment rings = map(fd, Math.max(sqEnd, cqEnd), Uring.IORING_OFF_SQ_RING);
        try {
            MemorySegment entries = map(fd, (long) sqEntries * Uring.SQE_SIZE, Uring.IORING_OFF_SQES);
            return new Ring(fd, params, rings, entries, indexed);
        } catch (SysException e) {
            Uring.unmap(rings.address(), rings.byteSize());
            throw e;
        }
    }

    private static MemorySegment map(int fd, long size, long offset) throws SysException {
        long address = Uring.map(fd, size, offset);
        if (address < 0) {
            throw new SysException("mmap", (int) address, "of a ring");
        }
        return Uring.memory(address, size);
    }

    /** Makes the calling thread the ring's owner: 0 or -errno. A second time does nothing. */
    public int enable() {
        if (enabled) {
            return 0;
        }
        enabled = true;
        return Uring.register(fd, Uring.IORING_REGISTER_ENABLE_RINGS, MemorySegment.NULL, 0);
    }

    /** What is to be done. */
    public SubmissionQueue submissions() {
        return submissions;
    }

    /** What has been done. */
    public CompletionQueue completions() {
        return completions;
    }

    /**
     * Registers {@code count} buffers, a power of two, of {@code size} bytes each, under a number; filled by several
     * completions each where {@code incremental} is asked for and the kernel can. Their memory lives as long as the
     * ring.
     */
    public BufferRing buffers(int group, int count, int size, boolean incremental) throws SysException {
        BufferRing registered;
        try {
            registered = BufferRing.register(fd, group, count, size, incremental);
        } catch (SysException e) {
            if (!incremental || e.errno() != Errno.EINVAL) {
                throw e;
            }
            registered = BufferRing.register(fd, group, count, size, false);
        }
        buffers.add(registered);
        return registered;
    }

    /** Hands over what has been written, and no more: the number of entries taken, or -errno. */
    public int submit() {
        int count = submissions.publish();
        return count == 0 ? 0 : Uring.enter(fd, count, 0, 0, MemorySegment.NULL);
    }

    /**
     * Hands over what has been written and waits until there are {@code least} completions to be read, at most that
     * many nanoseconds (negative: for ever). With {@code least} 0 it does not wait but lets come about what can.
     * Blocks.
     *
     * @return the number of entries taken, or -errno: -ETIME when time is up, -EINTR
     */
    public int submitAndWait(int least, long timeoutNanos) {
        int count = submissions.publish();
        if (least == 0 || timeoutNanos < 0) {
            return Uring.enter(fd, count, least, Uring.IORING_ENTER_GETEVENTS, MemorySegment.NULL);
        }
        time.set(ValueLayout.JAVA_LONG, 0, timeoutNanos / NANOS);
        time.set(ValueLayout.JAVA_LONG, 8, timeoutNanos % NANOS);
        argument.set(ValueLayout.JAVA_LONG, Uring.GETEVENTS_ARG_TS, time.address());
        int flags = Uring.IORING_ENTER_GETEVENTS | Uring.IORING_ENTER_EXT_ARG;
        return Uring.enter(fd, count, least, flags, argument);
    }

    /**
     * Closes the ring. The kernel ends what is still under way after this returns: memory it may still write to is only
     * given back if the caller knows that there is none.
     *
     * @param idle whether no operation is under way
     */
    public void close(boolean idle) {
        if (closed) {
            return;
        }
        closed = true;
        Descriptors.close(fd);
        Uring.unmap(entries.address(), entries.byteSize());
        Uring.unmap(rings.address(), rings.byteSize());
        if (idle) {
            buffers.forEach(BufferRing::free);
        }
    }

    @Override
    public void close() {
        close(false);
    }

    int descriptor() {
        return fd;
    }
}

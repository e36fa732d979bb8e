// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A ring of this machine's kernel. */
public final class LinuxRing extends Ring {
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
    private final int eventfd;
    private final MemorySegment rings;
    private final MemorySegment entries;

    private LinuxRing(
            int fd, int eventfd, MemorySegment params, MemorySegment rings, MemorySegment entries, boolean indexed) {
        super(params, rings, entries, indexed);
        this.fd = fd;
        this.eventfd = eventfd;
        this.rings = rings;
        this.entries = entries;
    }

    /**
     * Opens a ring for that many entries a submission and that many unread completions; both are rounded up to powers
     * of two.
     *
     * @throws SysException with what the kernel says: see {@link Probe#reason}
     */
    public static LinuxRing open(int submissions, int completions) throws SysException {
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
            int eventfd = -1;
            try {
                eventfd = openEventfd();
                return map(fd, eventfd, params, extra == 0);
            } catch (SysException e) {
                Descriptors.close(fd);
                if (eventfd >= 0) {
                    Descriptors.close(eventfd);
                }
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

    private static int openEventfd() throws SysException {
        int eventfd = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        if (eventfd < 0) {
            throw new SysException("eventfd", eventfd, "for wake-ups");
        }
        return eventfd;
    }

    private static LinuxRing map(int fd, int eventfd, MemorySegment params, boolean indexed) throws SysException {
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
            return new LinuxRing(fd, eventfd, params, rings, entries, indexed);
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

    @Override
    protected int enter(int submit, int least, int flags, MemorySegment argument) {
        return Uring.enter(fd, submit, least, flags, argument);
    }

    @Override
    protected int register(int operation, MemorySegment argument, int count) {
        return Uring.register(fd, operation, argument, count);
    }

    @Override
    public int eventfd() {
        return eventfd;
    }

    @Override
    public void wakeup() {
        Descriptors.signal(eventfd);
    }

    @Override
    public int check(int descriptor) {
        return Math.min(0, Descriptors.fcntl(descriptor, Descriptors.F_GETFD, 0));
    }

    @Override
    protected void release() {
        Descriptors.close(fd);
        Descriptors.close(eventfd);
        Uring.unmap(entries.address(), entries.byteSize());
        Uring.unmap(rings.address(), rings.byteSize());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import io.millrace.sys.Errno;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What io_uring can do here, found by making a small ring and taking it down again: what a kernel's version promises, a
 * sysctl or a seccomp filter may refuse.
 *
 * @param whyNot why there can be no ring, or {@code null} if there can
 * @param incrementalBuffers whether one provided buffer can be filled by several completions (Linux 6.12)
 * @param zeroCopySend whether there is IORING_OP_SEND_ZC (Linux 6.0)
 */
public record Probe(@Nullable String whyNot, boolean incrementalBuffers, boolean zeroCopySend) {
    private static final Path SYSCTL = Path.of("/proc/sys/kernel/io_uring_disabled");
    private static final int OPERATIONS = 64;

    private static final int[] NEEDED = {
        Uring.IORING_OP_POLL_ADD,
        Uring.IORING_OP_ACCEPT,
        Uring.IORING_OP_ASYNC_CANCEL,
        Uring.IORING_OP_SEND,
        Uring.IORING_OP_RECV
    };

    /** Asks the kernel of this machine. Takes some system calls: a program asks once. */
    public static Probe host() {
        String platform = Platform.whyNot();
        if (platform != null) {
            return refused(platform);
        }
        try (Ring ring = LinuxRing.open(8, 16)) {
            return ask(ring);
        } catch (SysException e) {
            return refused(reason(e.errno(), disabled()));
        }
    }

    /** Whether there can be a ring. */
    public boolean available() {
        return whyNot == null;
    }

    private static Probe refused(String why) {
        return new Probe(why, false, false);
    }

    private static Probe ask(Ring ring) throws SysException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment answer = arena.allocate(Uring.PROBE_SIZE + (long) OPERATIONS * Uring.PROBE_OP_SIZE, 8);
            int result = ring.register(Uring.IORING_REGISTER_PROBE, answer, OPERATIONS);
            if (result < 0) {
                return refused("io_uring_register: " + Errno.describe(result));
            }
            for (int operation : NEEDED) {
                if (!supported(answer, operation)) {
                    return refused("the kernel's io_uring lacks operation " + operation);
                }
            }
            // A ring that can be owned by one thread with deferred work (Linux 6.1) has multishot receive (6.0) as
            // well.
            boolean incremental = ring.buffers(0, 1, 4096, true).incremental();
            return new Probe(null, incremental, supported(answer, Uring.IORING_OP_SEND_ZC));
        }
    }

    private static boolean supported(MemorySegment answer, int operation) {
        long entry = Uring.PROBE_SIZE + (long) operation * Uring.PROBE_OP_SIZE;
        int flags = answer.get(ValueLayout.JAVA_SHORT, entry + Uring.PROBE_OP_FLAGS);
        return (flags & Uring.IO_URING_OP_SUPPORTED) != 0;
    }

    /** The sysctl kernel.io_uring_disabled, 0 if there is none: 1 keeps unprivileged processes out, 2 all. */
    private static int disabled() {
        try {
            return Integer.parseInt(Files.readString(SYSCTL).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /**
     * Why io_uring_setup(2) was refused, in words for a catalogue.
     *
     * @param errno what it said, with either sign
     * @param sysctl the value of kernel.io_uring_disabled
     */
    static String reason(int errno, int sysctl) {
        return switch (Math.abs(errno)) {
            case Errno.ENOSYS -> "the kernel has no io_uring, or a seccomp filter hides it (ENOSYS)";
            case Errno.EPERM, Errno.EACCES ->
                sysctl == 0
                        ? "a seccomp filter or security policy forbids io_uring (" + name(errno)
                                + "), as container runtimes do"
                        : "the administrator has switched io_uring off (sysctl kernel.io_uring_disabled=" + sysctl
                                + ")";
            case Errno.EINVAL -> "the kernel is too old: needs IORING_SETUP_DEFER_TASKRUN (Linux 6.1)";
            case Errno.ENOMEM -> "no memory for a ring (ENOMEM): on older kernels a matter of ulimit -l";
            default -> "io_uring_setup: " + Errno.describe(errno);
        };
    }

    private static String name(int errno) {
        return Math.abs(errno) == Errno.EPERM ? "EPERM" : "EACCES";
    }
}

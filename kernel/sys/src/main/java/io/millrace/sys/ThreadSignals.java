// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Signals that a thread waits for: pthread_sigmask(3), sigtimedwait(2), tgkill(2), gettid(2), signal(2), and siginfo_t
 * as it is for descriptors (sigaction(2), {@code si_band} and {@code si_fd}). There are no signal handlers: they would
 * interrupt any thread at any point, which Java code does not allow.
 */
public final class ThreadSignals {
    private ThreadSignals() {}

    public static final int SIGIO = 29;
    public static final int SIG_BLOCK = 0;
    public static final int SIG_SETMASK = 2;

    /** Bytes of a sigset_t. */
    public static final int SIGSET_SIZE = 128;

    /** Bytes of a siginfo_t. */
    public static final int SIGINFO_SIZE = 128;

    static final int SI_CODE = 8;
    static final int SI_BAND = 16;
    static final int SI_FD = 24;
    private static final long SIG_DFL = 0;
    private static final long SIG_IGN = 1;

    private static final MethodHandle PTHREAD_SIGMASK = Native.function("pthread_sigmask");
    private static final MethodHandle SIGTIMEDWAIT = Native.function("sigtimedwait");
    private static final MethodHandle TGKILL = Native.function("tgkill");
    private static final MethodHandle GETTID = Native.function("gettid");
    private static final MethodHandle GETPID = Native.function("getpid");
    private static final MethodHandle SIGNAL = Native.function("signal");
    private static final MethodHandle SIGRTMIN = Native.function("__libc_current_sigrtmin");

    /** Returns the first real-time signal that the C library does not keep for itself (signal(7)). */
    public static int realTimeMinimum() {
        return Native.call(SIGRTMIN, 0, 0, 0, 0, 0);
    }

    /** Makes a set of signals. Its memory is never freed. */
    public static MemorySegment set(int... signals) {
        MemorySegment set = Arena.global().allocate(SIGSET_SIZE, 8);
        for (int signal : signals) {
            Select.set(set, signal - 1);
        }
        return set;
    }

    /**
     * Changes which signals the calling thread, a platform thread, blocks. {@code old}, unless NULL, gets the mask that
     * it had. Returns 0 or -errno.
     */
    public static int mask(int how, MemorySegment set, MemorySegment old) {
        // This function returns the error number itself.
        return -Native.call(PTHREAD_SIGMASK, how, set.address(), old.address(), 0, 0);
    }

    /**
     * Takes a pending signal of the set, whose signals the calling thread must have blocked, or waits for one, for up
     * to {@code nanos} nanoseconds, negative for no limit. Blocks. Returns its number, -EAGAIN when the time is up, or
     * -EINTR.
     */
    public static int take(MemorySegment set, MemorySegment info, long nanos) {
        Scratch mine = Scratch.mine();
        try {
            long limit = Timespec.fill(mine, nanos);
            return (int) mine.result((int)
                    (long) SIGTIMEDWAIT.invokeExact(mine.errno, set.address(), info.address(), limit, 0L, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Tells whether the kernel sent a signal, and not a process: si_code (sigaction(2)). For a signal that tgkill sent,
     * sigtimedwait of glibc gives SI_USER, which is 0, in place of SI_TKILL, which is negative.
     */
    public static boolean fromKernel(MemorySegment info) {
        return info.get(ValueLayout.JAVA_INT, SI_CODE) > 0;
    }

    /** Returns the descriptor that a signal of O_ASYNC is about: si_fd. */
    public static int fd(MemorySegment info) {
        return info.get(ValueLayout.JAVA_INT, SI_FD);
    }

    /** Returns what happened on it, as bits of poll(2): si_band. */
    public static int band(MemorySegment info) {
        return (int) info.get(ValueLayout.JAVA_LONG, SI_BAND);
    }

    /** Sends a signal to one thread of this process. Returns 0 or -errno. */
    public static int send(int thread, int signal) {
        return Native.call(TGKILL, Native.call(GETPID, 0, 0, 0, 0, 0), thread, signal, 0, 0);
    }

    /** Returns the kernel's number of the calling thread. */
    public static int thread() {
        return Native.call(GETTID, 0, 0, 0, 0, 0);
    }

    /**
     * Ignores a signal from now on unless it has a handler, so that its default action does not end the process. A
     * thread that has blocked it can take it all the same; signals that are pending are discarded.
     */
    public static void harmless(int signal) {
        long old = Native.callLong(SIGNAL, signal, SIG_IGN, 0, 0, 0);
        if (old != SIG_DFL && old != SIG_IGN) {
            Native.callLong(SIGNAL, signal, old, 0, 0, 0);
        }
    }

    /** Makes a siginfo_t for {@link #take} to fill. */
    public static MemorySegment info() {
        return Arena.ofAuto().allocate(SIGINFO_SIZE, 8);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Signals that are waited for and not handled: pthread_sigmask(3), sigtimedwait(2), tgkill(2), gettid(2), signal(2),
 * and siginfo_t as it is for descriptors (sigaction(2), {@code si_band} and {@code si_fd}). Signal handlers in Java are
 * not possible: they would run at any point of any thread.
 */
public final class Signals {
    private Signals() {}

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

    /** The first real-time signal that is free: the C library keeps some for itself (signal(7)). */
    public static int realTimeMinimum() {
        return Native.call(SIGRTMIN, 0, 0, 0, 0, 0);
    }

    /** A set of signals, never freed. */
    public static MemorySegment set(int... signals) {
        MemorySegment set = Arena.global().allocate(SIGSET_SIZE, 8);
        for (int signal : signals) {
            Select.set(set, signal - 1);
        }
        return set;
    }

    /**
     * Changes which signals the calling thread, a platform thread, holds back; {@code old}, or NULL, gets what it was.
     */
    public static int mask(int how, MemorySegment set, MemorySegment old) {
        // Gives the error number itself, not through errno.
        return -Native.call(PTHREAD_SIGMASK, how, set.address(), old.address(), 0, 0);
    }

    /**
     * Takes one of the pending signals of the set, which the calling thread must hold back, or waits up to
     * {@code nanos} for one (negative for ever): its number, -EAGAIN when time is up, -EINTR. Blocks.
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
     * Whether the kernel sent a signal, and not a process: si_code (sigaction(2)). sigtimedwait in glibc says SI_USER,
     * 0, of what tgkill sent (SI_TKILL, negative).
     */
    public static boolean fromKernel(MemorySegment info) {
        return info.get(ValueLayout.JAVA_INT, SI_CODE) > 0;
    }

    /** The descriptor that a signal of O_ASYNC is about: si_fd. */
    public static int fd(MemorySegment info) {
        return info.get(ValueLayout.JAVA_INT, SI_FD);
    }

    /** What happened to it, bits as of poll(2): si_band. */
    public static int band(MemorySegment info) {
        return (int) info.get(ValueLayout.JAVA_LONG, SI_BAND);
    }

    /** Sends a signal to one thread of this process. */
    public static int send(int thread, int signal) {
        return Native.call(TGKILL, Native.call(GETPID, 0, 0, 0, 0, 0), thread, signal, 0, 0);
    }

    /** The calling thread's number with the kernel. */
    public static int thread() {
        return Native.call(GETTID, 0, 0, 0, 0, 0);
    }

    /**
     * Sees to it that a signal which nobody handles does not end the process: its default action becomes to be ignored.
     * A handler that is there stays. (A thread that holds the signal back gets it all the same; those that are pending
     * by now are discarded.)
     */
    public static void harmless(int signal) {
        long old = Native.callLong(SIGNAL, signal, SIG_IGN, 0, 0, 0);
        if (old != SIG_DFL && old != SIG_IGN) {
            Native.callLong(SIGNAL, signal, old, 0, 0, 0);
        }
    }

    /** A siginfo_t to be filled by {@link #take}. */
    public static MemorySegment info() {
        return Arena.ofAuto().allocate(SIGINFO_SIZE, 8);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;

/**
 * epoll_create1(2), epoll_ctl(2), epoll_wait(2), epoll_pwait2(2) and struct epoll_event.
 *
 * <pre>
 *             events u32   data u64   size
 *   x86-64    0            4          12     packed, so that 32-bit programs see the same
 *   AArch64   0            8          16
 * </pre>
 */
public final class Epoll {
    private Epoll() {}

    public static final int EPOLL_CLOEXEC = 0x80000;
    public static final int EPOLL_CTL_ADD = 1;
    public static final int EPOLL_CTL_DEL = 2;
    public static final int EPOLL_CTL_MOD = 3;

    // What can happen; the values are those of poll(2).
    public static final int EPOLLIN = 0x1;
    public static final int EPOLLPRI = 0x2;
    public static final int EPOLLOUT = 0x4;
    public static final int EPOLLERR = 0x8;
    public static final int EPOLLHUP = 0x10;
    public static final int EPOLLRDHUP = 0x2000;

    // How it is reported.
    public static final int EPOLLEXCLUSIVE = 1 << 28;
    public static final int EPOLLWAKEUP = 1 << 29;
    public static final int EPOLLONESHOT = 1 << 30;
    public static final int EPOLLET = 1 << 31;

    /** Bytes of a struct epoll_event. */
    public static final int EVENT_SIZE = Platform.either(12, 16);

    /** Offset of the field {@code data} in a struct epoll_event. */
    public static final int DATA_OFFSET = Platform.either(4, 8);

    private static final ValueLayout.OfLong DATA = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final MethodHandle CREATE1 = Native.function("epoll_create1");
    private static final MethodHandle CTL = Native.function("epoll_ctl");
    private static final MethodHandle WAIT = Native.function("epoll_wait");

    /** Since Linux 5.11 and glibc 2.35. */
    private static final @Nullable MethodHandle PWAIT2 = Native.optional("epoll_pwait2");

    /** These two are not final: see {@link Native#outOfLine}. */
    private static MethodHandle sleepMillis =
            Native.outOfLine(MethodHandles.lookup(), "sleepMillis", Native.FOUR_LONGS);

    private static MethodHandle sleepNanos = Native.outOfLine(MethodHandles.lookup(), "sleepNanos", Native.FOUR_LONGS);

    /** Opens an epoll instance. Returns its descriptor or -errno. */
    public static int create1(int flags) {
        return Native.call(CREATE1, flags, 0, 0, 0, 0);
    }

    /** Adds, modifies or removes a descriptor; {@code event} is a struct epoll_event. Returns 0 or -errno. */
    public static int ctl(int epoll, int operation, int fd, MemorySegment event) {
        Scratch mine = Scratch.mine();
        try {
            long change = event.address();
            return (int) mine.result((int)
                    (long) CTL.invokeExact(mine.errno, (long) epoll, (long) operation, (long) fd, change, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Waits for events for up to {@code millis} milliseconds, -1 for no limit. Blocks. Returns their number, 0 when the
     * time is up, or -errno.
     */
    public static int wait(int epoll, MemorySegment events, int capacity, int millis) {
        try {
            return (int) (long) sleepMillis.invokeExact((long) epoll, events.address(), (long) capacity, (long) millis);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    static long sleepMillis(long epoll, long events, long capacity, long millis) {
        Scratch mine = Scratch.mine();
        try {
            return mine.result((int) (long) WAIT.invokeExact(mine.errno, epoll, events, capacity, millis, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Waits as {@link #wait} does, for up to {@code nanos} nanoseconds, negative for no limit. Returns -ENOSYS if the
     * kernel or the C library is too old for it.
     */
    public static int waitNanos(int epoll, MemorySegment events, int capacity, long nanos) {
        if (PWAIT2 == null) {
            return -Errno.ENOSYS;
        }
        try {
            return (int) (long) sleepNanos.invokeExact((long) epoll, events.address(), (long) capacity, nanos);
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    @SuppressWarnings("NullAway") // the caller has looked: a call in between would cost
    static long sleepNanos(long epoll, long events, long capacity, long nanos) {
        Scratch mine = Scratch.mine();
        try {
            long limit = Timespec.fill(mine, nanos);
            return mine.result((int) (long) PWAIT2.invokeExact(mine.errno, epoll, events, capacity, limit, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /** Returns the field {@code events} of event number {@code index}. */
    public static int events(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_INT_UNALIGNED, (long) index * EVENT_SIZE);
    }

    /** Returns the field {@code data} of event number {@code index}. */
    public static long data(MemorySegment array, int index) {
        return array.get(DATA, (long) index * EVENT_SIZE + DATA_OFFSET);
    }

    /** Fills event number 0. */
    public static void fill(MemorySegment event, int events, long data) {
        event.set(ValueLayout.JAVA_INT_UNALIGNED, 0, events);
        event.set(DATA, DATA_OFFSET, data);
    }
}

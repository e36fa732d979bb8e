// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * poll(2), in its form with nanoseconds (ppoll), and struct pollfd.
 *
 * <pre>
 *   fd s32 | events s16 | revents s16      8 bytes
 * </pre>
 */
public final class Poll {
    private Poll() {}

    public static final int POLLIN = 0x1;
    public static final int POLLPRI = 0x2;
    public static final int POLLOUT = 0x4;
    public static final int POLLERR = 0x8;
    public static final int POLLHUP = 0x10;
    public static final int POLLNVAL = 0x20;
    public static final int POLLRDHUP = 0x2000;

    /** Bytes of a struct pollfd. */
    public static final int POLLFD_SIZE = 8;

    static final int EVENTS_OFFSET = 4;
    static final int REVENTS_OFFSET = 6;
    private static final MethodHandle POLL = Native.function("poll");
    private static final MethodHandle PPOLL = Native.function("ppoll");

    /**
     * Waits until one of the first {@code count} entries has something to report, for up to {@code nanos} nanoseconds,
     * negative for no limit. Blocks. Returns the number of entries that have, 0 when the time is up, or -errno.
     */
    public static int poll(MemorySegment array, int count, long nanos) {
        Scratch mine = Scratch.mine();
        try {
            long address = array.address();
            long limit = Timespec.fill(mine, nanos);
            return (int)
                    mine.result((int) (long) PPOLL.invokeExact(mine.errno, address, (long) count, limit, 0L, 0L, 0L));
        } catch (Throwable t) {
            throw Native.bug(t);
        }
    }

    /**
     * Waits for two descriptors without an array: until {@code fd} has one of {@code events} or {@code other} can be
     * read. Either may be -1, which poll(2) skips. Blocks for up to {@code millis} milliseconds, -1 for no limit.
     *
     * @return what was found for {@code fd} in the low 16 bits and for {@code other} in those above; 0 when the time is
     *     up; -errno
     */
    public static int await(int fd, int events, int other, int millis) {
        MemorySegment pair = Scratch.mine().struct;
        fill(pair, 0, fd, events);
        fill(pair, 1, other, POLLIN);
        int result = Native.call(POLL, pair.address(), 2, millis, 0, 0);
        return result <= 0 ? result : revents(pair, 0) | revents(pair, 1) << 16;
    }

    /** Returns the descriptor of entry {@code index}. */
    public static int fd(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_INT, (long) index * POLLFD_SIZE);
    }

    /** Returns what entry {@code index} asks for. */
    public static int events(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + EVENTS_OFFSET) & 0xffff;
    }

    /** Returns what was found for entry {@code index}. */
    public static int revents(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + REVENTS_OFFSET) & 0xffff;
    }

    /** Sets what was found for entry {@code index}: that of another entry which moves there. */
    public static void found(MemorySegment array, int index, int revents) {
        array.set(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + REVENTS_OFFSET, (short) revents);
    }

    /** Fills entry {@code index}, with nothing found. The kernel skips an entry whose descriptor is negative. */
    public static void fill(MemorySegment array, int index, int fd, int events) {
        long at = (long) index * POLLFD_SIZE;
        array.set(ValueLayout.JAVA_INT, at, fd);
        array.set(ValueLayout.JAVA_SHORT, at + EVENTS_OFFSET, (short) events);
        array.set(ValueLayout.JAVA_SHORT, at + REVENTS_OFFSET, (short) 0);
    }
}

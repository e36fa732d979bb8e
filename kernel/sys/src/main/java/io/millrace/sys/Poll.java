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
    private static final MethodHandle PPOLL = Native.function("ppoll");

    /**
     * Waits up to {@code nanos} (negative for ever) until one of {@code count} descriptors is ready: the number of
     * those that have something to report, 0 when time is up, -errno. Blocks.
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

    /** The descriptor of entry {@code index}. */
    public static int fd(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_INT, (long) index * POLLFD_SIZE);
    }

    /** What entry {@code index} is asked for. */
    public static int events(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + EVENTS_OFFSET) & 0xffff;
    }

    /** What was found of entry {@code index}. */
    public static int revents(MemorySegment array, int index) {
        return array.get(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + REVENTS_OFFSET) & 0xffff;
    }

    /** Sets what was found of entry {@code index}, for one that has moved. */
    public static void found(MemorySegment array, int index, int revents) {
        array.set(ValueLayout.JAVA_SHORT, (long) index * POLLFD_SIZE + REVENTS_OFFSET, (short) revents);
    }

    /** Fills entry {@code index}; a negative descriptor is passed over by the kernel. */
    public static void fill(MemorySegment array, int index, int fd, int events) {
        long at = (long) index * POLLFD_SIZE;
        array.set(ValueLayout.JAVA_INT, at, fd);
        array.set(ValueLayout.JAVA_SHORT, at + EVENTS_OFFSET, (short) events);
        array.set(ValueLayout.JAVA_SHORT, at + REVENTS_OFFSET, (short) 0);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import io.millrace.sys.Native.Scratch;
import java.lang.foreign.ValueLayout;

/** struct timespec and struct timeval: two longs, seconds and a fraction (timespec(3type)). */
final class Timespec {
    private Timespec() {}

    static final int SIZE = 16;
    static final int FRACTION = 8;
    private static final long SECOND = 1_000_000_000L;
    private static final long MICRO = 1000;

    /** Offset in the scratch structure, behind what a call may have at its beginning. */
    private static final int AT = 128;

    /**
     * Writes a time span to a thread's scratch memory. Returns its address, or NULL, which is no limit, if it is
     * negative.
     */
    static long fill(Scratch mine, long nanos) {
        return nanos < 0 ? 0 : put(mine, nanos / SECOND, nanos % SECOND);
    }

    /** Writes a time span as {@link #fill} does, in microseconds, rounded up. */
    static long fillMicros(Scratch mine, long nanos) {
        if (nanos < 0) {
            return 0;
        }
        long micros = nanos / MICRO + (nanos % MICRO == 0 ? 0 : 1);
        return put(mine, micros / (SECOND / MICRO), micros % (SECOND / MICRO));
    }

    private static long put(Scratch mine, long seconds, long fraction) {
        mine.struct.set(ValueLayout.JAVA_LONG, AT, seconds);
        mine.struct.set(ValueLayout.JAVA_LONG, AT + FRACTION, fraction);
        return mine.struct.address() + AT;
    }
}

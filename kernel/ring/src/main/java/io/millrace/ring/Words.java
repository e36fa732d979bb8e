// SPDX-License-Identifier: Apache-2.0
package io.millrace.ring;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/** Words of memory that the kernel reads and writes too: an index is published with release and read with acquire. */
final class Words {
    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

    private Words() {}

    static int acquire(MemorySegment memory, long at) {
        return (int) INT.getAcquire(memory, at);
    }

    static void release(MemorySegment memory, long at, int value) {
        INT.setRelease(memory, at, value);
    }

    static void releaseShort(MemorySegment memory, long at, short value) {
        SHORT.setRelease(memory, at, value);
    }

    static int plain(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_INT, at);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import java.util.concurrent.atomic.LongAdder;

/** Counts what has been made in native memory and what has been freed, to find what was forgotten. */
final class NativeObjects {
    private static final LongAdder LIVE = new LongAdder();

    private NativeObjects() {}

    /** Counts an object that was made. Returns its address. */
    static long made(long address, String what) {
        if (address == 0) {
            throw new OutOfMemoryError("OpenSSL has no memory for " + what);
        }
        LIVE.increment();
        return address;
    }

    static void freed() {
        LIVE.decrement();
    }

    static long live() {
        return LIVE.sum();
    }
}

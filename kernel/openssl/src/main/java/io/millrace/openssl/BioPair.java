// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.LibCrypto;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Two memory BIOs through which records come and go. Connections borrow a pair for the time of a call and leave it
 * empty, so that it is the pairs that keep memory, a few for each thread, and not the connections. Any thread may call.
 */
final class BioPair {
    private static final int SLOTS = 64;
    private static final AtomicReferenceArray<@Nullable BioPair> FREE = new AtomicReferenceArray<>(SLOTS);

    final long input = NativeObjects.made(LibCrypto.newBio(), "a BIO");
    final long output = NativeObjects.made(LibCrypto.newBio(), "a BIO");

    private BioPair() {}

    /** Returns a pair, to be given back: to a thread most often the one that it had before. */
    static BioPair take() {
        BioPair free = FREE.getAndSet(slot(), null);
        return free == null ? new BioPair() : free;
    }

    /** Takes a pair back. */
    static void give(BioPair pair) {
        if (!FREE.compareAndSet(slot(), null, pair)) {
            pair.free();
        }
    }

    /** Frees all that are not borrowed. */
    static void freeAll() {
        for (int i = 0; i < SLOTS; i++) {
            BioPair free = FREE.getAndSet(i, null);
            if (free != null) {
                free.free();
            }
        }
    }

    /** Connections that have used it last still hold it. */
    private void free() {
        LibCrypto.freeBio(input);
        LibCrypto.freeBio(output);
        NativeObjects.freed();
        NativeObjects.freed();
    }

    private static int slot() {
        return (int) ((Thread.currentThread().threadId() * 0x9E3779B97F4A7C15L) >>> 58);
    }
}

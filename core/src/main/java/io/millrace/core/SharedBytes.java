// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in the caller's memory that links send without copying them: one body may be on its way over any number of
 * links at once ({@link Link#transfer(SharedBytes)}), on any threads. They must not change until they are released.
 *
 * <pre>
 *   Body.of(bytes)                                  bytes that stay as they are: nothing to release
 *   try (Body news = Body.of(array, 0, n, () -&gt; pool.give(array))) {
 *       readers.forEach(link -&gt; link.transfer(news));
 *   }                                               given back when the last link has sent or dropped it
 * </pre>
 *
 * <p>Links take and give back their holds by themselves. A maker that is to be told of the release has the first hold
 * and gives it back by {@link #close} once the body has been handed to all; {@code released} runs exactly once, on the
 * thread of the last holder, and must not block. What it throws goes to the log.
 */
public final class SharedBytes implements AutoCloseable {
    private final byte[] array;
    private final int offset;
    private final int length;
    private final @Nullable Runnable released;

    /** Links that have not yet let go, and the maker; not counted where no release is to be told. */
    private final @Nullable AtomicInteger holds;

    private SharedBytes(byte[] array, int offset, int length, @Nullable Runnable released) {
        Objects.checkFromIndexSize(offset, length, array.length);
        this.array = array;
        this.offset = offset;
        this.length = length;
        this.released = released;
        this.holds = released == null ? null : new AtomicInteger(1);
    }

    /** All of {@code bytes}, which never change again: the garbage collector releases them. */
    public static SharedBytes of(byte[] bytes) {
        return new SharedBytes(bytes, 0, bytes.length, null);
    }

    /** Part of {@code array}; {@code released} runs once, when the last holder has let go. */
    public static SharedBytes of(byte[] array, int offset, int length, Runnable released) {
        return new SharedBytes(array, offset, length, Objects.requireNonNull(released));
    }

    /** The array that the bytes are in. Not to be written to. */
    public byte[] array() {
        return array;
    }

    /** Where in {@link #array} the body begins. */
    public int offset() {
        return offset;
    }

    /** Number of bytes. */
    public int length() {
        return length;
    }

    /**
     * One more hold, for a carrier; to be given back by {@link #close}. Any thread may call.
     *
     * @throws IllegalStateException if the bytes have been released
     */
    public SharedBytes hold() {
        if (holds != null && holds.getAndUpdate(n -> n == 0 ? 0 : n + 1) == 0) {
            throw new IllegalStateException("the body has been released");
        }
        return this;
    }

    /** Gives one hold back. Any thread may call. */
    @Override
    public void close() {
        if (holds != null && holds.getAndUpdate(n -> n == 0 ? 0 : n - 1) == 1) {
            Release.quietly(Objects.requireNonNull(released), "the release of a body failed");
        }
    }

    @Override
    public String toString() {
        return "Body[" + length + " bytes]";
    }
}

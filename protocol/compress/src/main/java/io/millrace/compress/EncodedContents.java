// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.FileInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Contents that have been compressed before: of files by their identity, of arrays by the array itself and its entity
 * tag. Bounded by the bytes of all; what was not asked for the longest leaves first. Any thread may call.
 */
final class EncodedContents {

    /** What an entry costs beside its bytes, about. */
    private static final int OVERHEAD = 256;

    /** A file that changed more lately may change again without another time of change. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /** A content and a coding. */
    record Key(Object content, String token) {}

    /** An array of which no copy is meant: what is equal only happens to be. */
    private record ArrayContent(byte[] array, int offset, int length, String tag) {
        @Override
        public boolean equals(Object other) {
            return other instanceof ArrayContent it
                    && it.array == array
                    && it.offset == offset
                    && it.length == length
                    && it.tag.equals(tag);
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(array) * 31 + tag.hashCode();
        }
    }

    private final long most;
    private final LinkedHashMap<Key, byte[]> contents = new LinkedHashMap<>(16, 0.75f, true);
    private long held;

    EncodedContents(long most) {
        this.most = most;
    }

    /**
     * Returns the key of a file's content, or {@code null} where it cannot be told from that of another: its identity
     * or its time of change is unknown, or it has just been changed.
     */
    static @Nullable Key key(FileInfo file, ContentCoding coding, Instant now) {
        Instant changed = file.changed();
        boolean known = changed != null && file.inode() != 0 && changed.isBefore(now.minus(SETTLED));
        return known ? new Key(file, coding.token()) : null;
    }

    /** Returns the key of part of an array, which its holder does not change, or {@code null} without a strong tag. */
    static @Nullable Key key(byte[] array, int offset, int length, @Nullable String tag, ContentCoding coding) {
        return tag != null && tag.startsWith("\"")
                ? new Key(new ArrayContent(array, offset, length, tag), coding.token())
                : null;
    }

    /** Returns the compressed content, or {@code null}. */
    synchronized byte @Nullable [] get(@Nullable Key key) {
        return key == null ? null : contents.get(key);
    }

    /** Returns how many bytes one content may have: an eighth of all. */
    long largest() {
        return most / 8;
    }

    /** Keeps a compressed content, unless it is too large. */
    synchronized void put(@Nullable Key key, byte[] bytes) {
        if (key == null || bytes.length > largest()) {
            return;
        }
        byte[] before = contents.put(key, bytes);
        held += weight(key, bytes) - (before == null ? 0 : weight(key, before));
        while (held > most) {
            var eldest = contents.pollFirstEntry();
            held -= weight(eldest.getKey(), eldest.getValue());
        }
    }

    // An array that is a key is held by it.
    private static long weight(Key key, byte[] bytes) {
        int original = key.content() instanceof ArrayContent content ? content.array().length : 0;
        return OVERHEAD + bytes.length + original;
    }

    /** Returns how many bytes are held, about. */
    synchronized long held() {
        return held;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.OpenFile;
import java.io.IOException;

/**
 * The head of a Zstandard frame (RFC 8878 section 3.1.1), as far as it says what decoding takes.
 *
 * <pre>
 *   28 B5 2F FD   descriptor   [window]   [dictionary id]   [content size]
 *                 │ bits 7-6: size of the content size; 5: one segment, no window; 1-0: size of the dictionary id
 * </pre>
 */
final class ZstdFrame {

    /** The largest window that a content coding may ask of a browser: 8 MB (RFC 9659 section 3). */
    static final long LARGEST_WINDOW = 8 << 20;

    private static final int MAGIC = 0xFD2FB528;
    private static final int SKIPPABLE = 0x184D2A50;

    /** Magic number, descriptor, window, dictionary id of 4 bytes, content size of 8. */
    private static final int LONGEST_HEAD = 18;

    /** Skippable frames that may come before the first that counts. */
    private static final int MOST_SKIPPED = 4;

    private final byte[] head = new byte[LONGEST_HEAD];
    private int length;

    private ZstdFrame() {}

    /**
     * Returns whether browsers can decode the file: it begins with a frame whose window is not above
     * {@link #LARGEST_WINDOW} and that needs no dictionary. Further frames are taken to be of the same making.
     */
    static boolean isForBrowsers(OpenFile file) throws IOException {
        ZstdFrame frame = new ZstdFrame();
        long at = 0;
        for (int i = 0; i <= MOST_SKIPPED; i++) {
            frame.read(file, at);
            if (frame.length < 8 || (frame.number(0, 4) & ~0xfL) != SKIPPABLE) {
                return frame.isPlain() && frame.window() <= LARGEST_WINDOW;
            }
            at += 8 + frame.number(4, 4);
        }
        return false;
    }

    private void read(OpenFile file, long from) throws IOException {
        length = 0;
        int n = 1;
        while (length < head.length && n > 0) {
            n = file.read(from + length, head, length, head.length - length);
            length += Math.max(n, 0);
        }
    }

    /** Whether it is a frame that a decoder knows everything of: no dictionary, no reserved bit, and whole. */
    private boolean isPlain() {
        return length > 5
                && (int) number(0, 4) == MAGIC
                && (head[4] & 0x08) == 0
                && contentSize() + contentSizeBytes() <= length
                && number(dictionary(), dictionaryBytes()) == 0;
    }

    private boolean isOneSegment() {
        return (head[4] & 0x20) != 0;
    }

    private int dictionary() {
        return isOneSegment() ? 5 : 6;
    }

    private int dictionaryBytes() {
        int flag = head[4] & 3;
        return flag == 3 ? 4 : flag;
    }

    private int contentSize() {
        return dictionary() + dictionaryBytes();
    }

    private int contentSizeBytes() {
        int flag = head[4] >> 6 & 3;
        return flag == 0 ? isOneSegment() ? 1 : 0 : 1 << flag;
    }

    /** Bytes of the window; a frame of one segment needs its whole content. As large as can be if it does not fit. */
    private long window() {
        if (isOneSegment()) {
            long size = number(contentSize(), contentSizeBytes());
            return size < 0 ? Long.MAX_VALUE : size + (contentSizeBytes() == 2 ? 256 : 0);
        }
        long base = 1L << (10 + (head[5] >> 3 & 0x1f));
        return base + base / 8 * (head[5] & 7);
    }

    /** A number of so many bytes, the lowest first; negative where eight bytes are beyond a long. */
    private long number(int at, int bytes) {
        long value = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            value = value << 8 | (head[at + i] & 0xff);
        }
        return value;
    }
}

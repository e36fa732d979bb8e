// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import java.io.IOException;

/**
 * What waits to be sent on one stream, in order, until windows and the scheduler let it go. Copies only what its writer
 * wants back at once.
 */
final class StreamOutput {
    private static final int MOST_KEPT = 16 * 1024;

    private final Buffer copied = new Buffer();
    private Segment first;
    private Segment last;
    private Segment spare;
    private long queued;

    /** Returns the number of bytes that wait. */
    long queued() {
        return queued;
    }

    /** Adds bytes, by copying them. */
    void copy(byte[] bytes, int offset, int length) {
        if (length > 0) {
            copied.append(bytes, offset, length);
            if (last != null && last.file == null && last.bytes == null) {
                last.left += length;
                queued += length;
            } else {
                add(null, null, 0, length);
            }
        }
    }

    /** Adds bytes that never change. */
    void keep(byte[] bytes, int offset, int length) {
        if (length > 0) {
            add(bytes, null, offset, length);
        }
    }

    /** Adds part of a file and takes over the hold on it. */
    void add(OpenFile file, long from, long count) {
        if (count > 0) {
            add(null, file, from, count);
        } else {
            file.close();
        }
    }

    private void add(byte[] bytes, OpenFile file, long from, long count) {
        Segment segment = spare == null ? new Segment() : spare;
        spare = segment.next;
        segment.next = null;
        segment.bytes = bytes;
        segment.file = file;
        segment.from = from;
        segment.left = count;
        if (last == null) {
            first = segment;
        } else {
            last.next = segment;
        }
        last = segment;
        queued += count;
    }

    /** Moves {@code count} bytes, which must be there, into the link; {@code reads} says that files are read for it. */
    void moveTo(Link link, int count, boolean reads) {
        int left = count;
        while (left > 0) {
            Segment segment = first;
            int part = (int) Math.min(left, segment.left);
            send(segment, part, link, reads);
            left -= part;
            segment.from += part;
            segment.left -= part;
            if (segment.left == 0) {
                release();
            }
        }
        queued -= count;
    }

    private void send(Segment segment, int part, Link link, boolean reads) {
        if (segment.bytes != null) {
            link.transfer(segment.bytes, (int) segment.from, part);
        } else if (segment.file == null) {
            copied.moveTo(link.out(), part);
        } else {
            int read = reads ? read(segment, part, link.out()) : 0;
            if (read < part) {
                // Where it has become shorter, or cannot be read, the link knows what that is to be.
                link.transfer(segment.file.hold(), segment.from + read, part - read);
            }
        }
    }

    // Of 16 KiB between two frame headers a copy costs less than a call that sends them from the file (ADR 37).
    private static int read(Segment segment, int count, Buffer out) {
        out.reserve(count);
        int done = 0;
        try {
            for (int n = 1; done < count && n > 0; done += Math.max(0, n)) {
                n = segment.file.read(segment.from + done, out.array(), out.tail(), count - done);
                out.wrote(Math.max(0, n));
            }
        } catch (IOException e) {
            return done;
        }
        return done;
    }

    private void release() {
        Segment done = first;
        first = done.next;
        if (first == null) {
            last = null;
        }
        done.drop();
        done.next = spare;
        spare = done;
    }

    /** Drops what waits. */
    void clear() {
        while (first != null) {
            release();
        }
        queued = 0;
        copied.clear();
        if (copied.capacity() > MOST_KEPT) {
            copied.trim();
        }
    }

    /**
     * A part of what waits to be sent on a stream: bytes that were copied into the stream's buffer, bytes that never
     * change, or part of a file.
     */
    private static final class Segment {
        /** The bytes that never change, or {@code null}. */
        byte[] bytes;

        /** The file, or {@code null}; with neither the bytes are in the stream's buffer. */
        OpenFile file;

        /** Where the part begins, in the array or in the file. */
        long from;

        /** Number of bytes that are left. */
        long left;

        Segment next;

        /** Lets go of what the segment holds. */
        void drop() {
            if (file != null) {
                file.close();
            }
            bytes = null;
            file = null;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What one end of a pair has to send, in order: bytes, bodies, parts of files; then the buffer that is being appended
 * to.
 */
final class PairOutput {

    /** One piece: exactly one of the three sources is set. */
    private static final class Part {
        final @Nullable Buffer bytes;
        final @Nullable SharedBytes body;
        final @Nullable OpenFile file;
        long position;
        long left;

        Part(@Nullable Buffer bytes, @Nullable SharedBytes body, @Nullable OpenFile file, long position, long left) {
            this.bytes = bytes;
            this.body = body;
            this.file = file;
            this.position = position;
            this.left = left;
        }

        void release() {
            if (body != null) {
                body.close();
            } else if (file != null) {
                file.close();
            }
        }
    }

    private final ArrayDeque<Part> parts = new ArrayDeque<>(2);
    private Buffer out = new Buffer();
    private long queued;

    Buffer out() {
        return out;
    }

    long pending() {
        return queued + out.readable();
    }

    /** The caller has taken a hold for it. */
    void add(SharedBytes body) {
        add(new Part(null, body, null, body.offset(), body.length()));
    }

    void add(OpenFile file, long from, long count) {
        add(new Part(null, null, file, from, count));
    }

    private void add(Part part) {
        if (!out.isEmpty()) {
            parts.add(new Part(out, null, null, 0, out.readable()));
            queued += out.readable();
            out = new Buffer();
        }
        parts.add(part);
        queued += part.left;
    }

    /**
     * Moves up to {@code most} bytes into {@code into}: how many, or -1 if a file cannot be read as far as was
     * promised.
     */
    int moveTo(Buffer into, int most) {
        int moved = 0;
        while (moved < most && !parts.isEmpty()) {
            Part part = parts.getFirst();
            int n = move(part, into, (int) Math.min(most - moved, part.left));
            if (n <= 0) {
                return -1;
            }
            moved += n;
            part.left -= n;
            part.position += n;
            queued -= n;
            if (part.left == 0) {
                parts.removeFirst();
                part.release();
            }
        }
        return moved + (parts.isEmpty() ? out.moveTo(into, most - moved) : 0);
    }

    private static int move(Part part, Buffer into, int count) {
        if (part.bytes != null) {
            return part.bytes.moveTo(into, count);
        }
        if (part.body != null) {
            into.append(part.body.array(), (int) part.position, count);
            return count;
        }
        into.reserve(count);
        try {
            int n = Objects.requireNonNull(part.file).read(part.position, into.array(), into.tail(), count);
            if (n > 0) {
                into.wrote(n);
            }
            return n;
        } catch (IOException e) {
            return -1;
        }
    }

    /** Gives everything up. */
    void release() {
        for (Part part = parts.pollFirst(); part != null; part = parts.pollFirst()) {
            part.release();
        }
        queued = 0;
        out.clear();
    }
}

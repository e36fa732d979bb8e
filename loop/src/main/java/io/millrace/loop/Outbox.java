// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import java.util.ArrayDeque;

/**
 * What a connection has to send before its current {@code out} buffer: bytes and parts of files in order. Only a connection that
 * transfers files has one, and only as long as something is in it.
 */
final class Outbox {

    /** Bytes, or part of a file. */
    static final class Part {
        final Buffer bytes;
        final OpenFile file;
        long position;
        long left;

        /** Whether the kernel cannot send this file by itself. */
        boolean copied;

        Part(Buffer bytes) {
            this.bytes = bytes;
            this.file = null;
            this.left = bytes.readable();
        }

        Part(OpenFile file, long position, long count) {
            this.bytes = null;
            this.file = file;
            this.position = position;
            this.left = count;
        }

        void sent(long count) {
            left -= count;
            if (file == null) {
                bytes.consume((int) count);
            } else {
                position += count;
            }
        }

        void release() {
            if (file != null) {
                file.close();
            }
        }
    }

    private final ArrayDeque<Part> parts = new ArrayDeque<>(4);
    private long pending;

    long pending() {
        return pending;
    }

    void add(Part part) {
        parts.add(part);
        pending += part.left;
    }

    /** The part to send next, or {@code null}. */
    Part first() {
        return parts.peekFirst();
    }

    /** Some bytes of the first part have left; returns whether it is done and has been taken off. */
    boolean sent(long count) {
        Part part = parts.getFirst();
        part.sent(count);
        pending -= count;
        if (part.left > 0) {
            return false;
        }
        parts.removeFirst();
        part.release();
        return true;
    }

    /** Gives up everything: files are closed. */
    void release() {
        parts.forEach(Part::release);
        parts.clear();
        pending = 0;
    }

    /** Whether something follows the first part. */
    boolean more() {
        return parts.size() > 1;
    }
}

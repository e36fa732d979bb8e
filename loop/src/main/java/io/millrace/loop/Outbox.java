// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Body;
import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;

/**
 * What a connection has to send before its current {@code out} buffer, in order: bytes of its own, bytes that are somebody else's, parts of files,
 * what has been spliced out of another connection. Only a connection that has more than bytes to send has one, and only as long as
 * something is in it.
 */
final class Outbox {

    /** One piece of output: exactly one of the four sources is set. */
    static final class Part {
        final Buffer bytes;
        final Body body;
        final OpenFile file;
        final Splice splice;
        long position;
        long left;
        private Part next;

        /** Whether the kernel cannot send this file by itself. */
        boolean copied;

        private Part(Buffer bytes, Body body, OpenFile file, Splice splice) {
            this.bytes = bytes;
            this.body = body;
            this.file = file;
            this.splice = splice;
        }

        Part(Buffer bytes) {
            this(bytes, null, null, null);
            this.left = bytes.readable();
        }

        /** The caller has taken a hold for it. */
        Part(Body body) {
            this(null, body, null, null);
            this.position = body.offset();
            this.left = body.length();
        }

        Part(OpenFile file, long position, long count) {
            this(null, null, file, null);
            this.position = position;
            this.left = count;
        }

        /** Used again and again: {@code left} says how much is under way. */
        Part(Splice splice) {
            this(null, null, null, splice);
        }

        void sent(long count) {
            left -= count;
            if (bytes != null) {
                bytes.consume((int) count);
            } else if (splice != null) {
                splice.left(count);
            } else {
                position += count;
            }
        }

        /** What is not ours goes back, once. */
        void release() {
            if (file != null) {
                file.close();
            } else if (splice != null) {
                splice.release();
            } else if (body != null) {
                releaseBody();
            }
        }

        /** Runs code of the user's, whose failure is not the connection's. */
        private void releaseBody() {
            try {
                body.close();
            } catch (Throwable t) {
                Log.error("the release of a body failed", t);
            }
        }
    }

    private Part first;
    private Part last;
    private long pending;

    /** Whether it stays when it is empty: a relay fills it again and again. */
    boolean stays;

    long pending() {
        return pending;
    }

    void add(Part part) {
        if (first == null) {
            first = part;
        } else {
            last.next = part;
        }
        last = part;
        pending += part.left;
    }

    /** The part to send next, or {@code null}. */
    Part first() {
        return first;
    }

    /** Some bytes of the first part have left; returns whether it is done and has been taken off. */
    boolean sent(long count) {
        Part part = first;
        part.sent(count);
        pending -= count;
        if (part.left > 0) {
            return false;
        }
        takeFirst().release();
        return true;
    }

    /** A part that is used again must not lead to those that came behind it. */
    private Part takeFirst() {
        Part part = first;
        first = part.next;
        part.next = null;
        return part;
    }

    /** Gives up everything: files are closed, bodies released. */
    void release() {
        pending = 0;
        // Releasing runs code of others, which must find nothing half done.
        while (first != null) {
            takeFirst().release();
        }
    }

    /** Whether something follows the first part. */
    boolean more() {
        return first != null && first.next != null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Body;
import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;

/**
 * What a connection has to send before its current {@code out} buffer, in order: bytes of its own, bytes that are
 * somebody else's, parts of files, what has been spliced out of another connection. Only a connection that has more
 * than bytes to send has one, and only as long as something is in it.
 */
final class Outbox {

    /** More spare parts than this are left to the garbage collector. */
    private static final int MOST_SPARE = 8;

    /** One piece of output: exactly one of the four sources is set while it is in use. */
    static final class Part {
        Buffer bytes;
        Body body;
        OpenFile file;
        private Splice splice;
        long position;
        long left;
        private Part next;

        /** Whether the kernel cannot send this file by itself. */
        boolean copied;

        private Part() {}

        /** A part of the splice's own, used again and again: {@code left} says how much is under way. */
        Part(Splice splice) {
            this.splice = splice;
        }

        Splice splice() {
            return splice;
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

        /** Refers to nothing any more, and can be used for something else. */
        private void forget() {
            bytes = null;
            body = null;
            file = null;
            position = 0;
            left = 0;
            copied = false;
        }
    }

    private Part first;
    private Part last;
    private long pending;

    /** Parts that have left, for those to come: what is sent all the time allocates nothing. */
    private Part spare;

    private int spares;

    /** Whether it stays when it is empty: a relay fills it again and again. */
    boolean stays;

    long pending() {
        return pending;
    }

    /** Bytes that are the connection's own. */
    void add(Buffer bytes) {
        Part part = part();
        part.bytes = bytes;
        part.left = bytes.readable();
        add(part);
    }

    /** Somebody's bytes; the caller has taken a hold for them. */
    void add(Body body) {
        Part part = part();
        part.body = body;
        part.position = body.offset();
        part.left = body.length();
        add(part);
    }

    /** Part of a file, and the caller's hold on it. */
    void add(OpenFile file, long position, long count) {
        Part part = part();
        part.file = file;
        part.position = position;
        part.left = count;
        add(part);
    }

    private Part part() {
        if (spare == null) {
            return new Part();
        }
        Part part = spare;
        spare = part.next;
        part.next = null;
        spares--;
        return part;
    }

    /** What a splice has under way, or a part from above. */
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

    /**
     * Some bytes of the first part have left; returns the buffer that is empty now, {@code null} if none is or it was
     * something else.
     */
    Buffer sent(long count) {
        Part part = first;
        part.sent(count);
        pending -= count;
        if (part.left > 0) {
            return null;
        }
        Buffer done = part.bytes;
        releaseFirst();
        return done;
    }

    /** Takes the first part off, and gives back what is not ours. */
    private void releaseFirst() {
        Part part = first;
        first = part.next;
        part.next = null;
        if (part.splice != null) {
            part.splice.release();
            return;
        }
        OpenFile file = part.file;
        Body body = part.body;
        part.forget();
        if (spares < MOST_SPARE) {
            part.next = spare;
            spare = part;
            spares++;
        }
        if (file != null) {
            file.close();
        } else if (body != null) {
            release(body);
        }
    }

    /** Runs code of the user's, whose failure is not the connection's. */
    private static void release(Body body) {
        try {
            body.close();
        } catch (Throwable t) {
            Log.error("the release of a body failed", t);
        }
    }

    /** Gives up everything: files are closed, bodies released. */
    void release() {
        pending = 0;
        // Releasing runs code of others, which must find nothing half done.
        while (first != null) {
            releaseFirst();
        }
    }

    /** Whether something follows the first part. */
    boolean more() {
        return first != null && first.next != null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * What goes out above a layer: waits here, in order, until the link below takes what becomes of it. Buffers are
 * borrowed and given back when they are empty.
 *
 * <pre>
 *   out() ─────────────────────────┐
 *   transfer(…): bytes so far ─────┴─► queue ─► staged, a piece at a time ─► layer.output ─► lower.out()
 *                                                        as far as the link below and {@link LayerBudget} allow
 * </pre>
 */
final class LayerOutput {
    private static final int PIECE = 32 * 1024;

    /** Of a file with so much left a layer is asked whether it passes. */
    private static final int LARGE = 64 * 1024;

    /**
     * No more than this is made ready before the link below sends it: what it sends then, still lies in the processor's
     * caches.
     */
    private static final int AHEAD = 32 * 1024;

    /** A shorter body is copied behind what stands in the buffer. */
    private static final int LITTLE = 8 * 1024;

    /** Bytes, or part of an array or a file that is still to be read: exactly one source is set. */
    private static final class Part {
        final Buffer bytes;
        final byte[] array;
        final SharedBytes body;
        final OpenFile file;
        long position;
        long left;

        Part(Buffer bytes, byte[] array, SharedBytes body, OpenFile file, long position, long left) {
            this.bytes = bytes;
            this.array = array;
            this.body = body;
            this.file = file;
            this.position = position;
            this.left = left;
        }

        /** A file of which it is worth having the link below send the rest. */
        boolean isLarge() {
            return file != null && left >= LARGE;
        }

        void release() {
            if (bytes != null) {
                ScratchBuffers.give(bytes);
            } else if (body != null) {
                body.close();
            } else if (file != null) {
                file.close();
            }
        }
    }

    private final Link lower;
    private final Layer layer;
    private final LayerBudget budget;
    private ArrayDeque<Part> queue;
    private long queued;

    /** On its way out of the queue; or what the layer has left, which wants more behind it. May be {@code null}. */
    private Buffer staged;

    /** What is being appended to, or {@code null}. */
    private Buffer out;

    /** What is to become of {@link #out} behind the queue, {@code null} for nothing yet. */
    private Flush wanted;

    private boolean failed;

    LayerOutput(Link lower, Layer layer, LayerBudget budget) {
        this.lower = lower;
        this.layer = layer;
        this.budget = budget;
    }

    Buffer out() {
        if (out == null) {
            out = ScratchBuffers.take();
        }
        return out;
    }

    /** Bytes that wait above the layer. */
    long pending() {
        return queued + readable(staged) + readable(out);
    }

    /** The same without what was not asked to be sent. */
    long asked() {
        return wanted == null ? pending() - readable(out) : pending();
    }

    private static int readable(Buffer buffer) {
        return buffer == null ? 0 : buffer.readable();
    }

    void add(OpenFile file, long position, long count) {
        add(new Part(null, null, null, file, position, count));
    }

    /** Part of an array that does not change, with a hold on it or none. */
    void add(byte[] array, int offset, int length, SharedBytes body) {
        if (length <= LITTLE) {
            out().append(array, offset, length);
        } else {
            add(new Part(null, array, body == null ? null : body.hold(), null, offset, length));
        }
    }

    private void add(Part part) {
        if (queue == null) {
            queue = new ArrayDeque<>(2);
        }
        if (readable(out) > 0) {
            queue.add(new Part(out, null, null, null, 0, out.readable()));
            queued += out.readable();
            out = null;
        }
        queue.add(part);
        queued += part.left;
    }

    /** Has all of it go through the layer, which may keep as much to itself as {@code mode} says. */
    void want(Flush mode) {
        if (wanted == null || mode.compareTo(wanted) > 0) {
            wanted = mode;
        }
    }

    /** Whether everything that was asked for has gone through the layer. */
    boolean isDone() {
        return wanted == null && isQueueEmpty();
    }

    private boolean isQueueEmpty() {
        return queue == null || queue.isEmpty();
    }

    boolean hasFailed() {
        return failed;
    }

    /** Hands on as much as may be now; whether the link below was given anything. */
    boolean pump() {
        long before = lower.pending();
        // Before the head of a file is sealed: then nothing waits below, and a layer can hand its work over.
        boolean passes = !isQueueEmpty() && queue.getLast().isLarge() && layer.passesFiles();
        while (!isQueueEmpty() && (readable(staged) == 0 || transform(staged, Flush.NORMAL)) && !failed) {
            Part first = queue.getFirst();
            if (first.isLarge() && (passes || layer.passesFiles())) {
                passDown(first);
            } else {
                stage(first);
            }
        }
        if (isQueueEmpty() && wanted != null && !failed && transform(last(), wanted)) {
            wanted = null;
        }
        return lower.pending() > before;
    }

    /**
     * Gives buffers back in which nothing is left. Not while a protocol is being called: it may still hold
     * {@link #out}.
     */
    void settle() {
        if (out != null && out.isEmpty()) {
            out = ScratchBuffers.settle(out);
        }
        staged = ScratchBuffers.settle(staged);
    }

    /** What stands last: the output itself, behind what the layer has left of the rest. */
    private Buffer last() {
        if (readable(staged) == 0) {
            return out();
        }
        if (out != null) {
            staged.append(out);
            out.clear();
        }
        return staged;
    }

    /** Gives the layer what there is; {@code false} if it has more to do and there is no room or no time for it. */
    private boolean transform(Buffer bytes, Flush mode) {
        while (lower.writable() && lower.pending() < AHEAD && budget.may()) {
            Buffer into = lower.out();
            long before = (long) into.readable() - bytes.readable();
            Layer.Outcome outcome = layer.output(bytes, into, mode);
            budget.did(into.readable() - bytes.readable() - before);
            if (outcome != Layer.Outcome.OK) {
                failed |= outcome == Layer.Outcome.ERROR;
                return !failed;
            }
        }
        return false;
    }

    /** The link below sends the rest of a file as it is. */
    private void passDown(Part part) {
        queue.removeFirst();
        queued -= part.left;
        lower.transfer(part.file, part.position, part.left);
    }

    private void stage(Part part) {
        if (staged == null) {
            staged = ScratchBuffers.take();
        }
        int count = (int) Math.min(PIECE, part.left);
        int n = move(part, count);
        if (n <= 0) {
            failed = true;
            return;
        }
        part.position += n;
        part.left -= n;
        queued -= n;
        if (part.left == 0) {
            queue.removeFirst();
            part.release();
        }
    }

    private int move(Part part, int count) {
        if (part.bytes != null) {
            return part.bytes.moveTo(staged, count);
        }
        if (part.array != null) {
            staged.append(part.array, (int) part.position, count);
            return count;
        }
        staged.reserve(count);
        try {
            int n = part.file.read(part.position, staged.array(), staged.tail(), count);
            if (n > 0) {
                staged.wrote(n);
            }
            return n;
        } catch (IOException e) {
            return -1;
        }
    }

    /** Gives up what has not left. */
    void release() {
        while (!isQueueEmpty()) {
            queue.removeFirst().release();
        }
        queued = 0;
        staged = drop(staged);
        out = drop(out);
        wanted = null;
    }

    private static Buffer drop(Buffer buffer) {
        if (buffer != null) {
            ScratchBuffers.give(buffer);
        }
        return null;
    }
}

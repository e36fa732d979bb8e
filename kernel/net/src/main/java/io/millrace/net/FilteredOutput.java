// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * What goes out above a filter: waits here, in order, until the link below takes what becomes of it.
 *
 * <pre>
 *   out() ─────────────────────────┐
 *   transfer(file): bytes so far ──┴─► queue ─► staged, a piece at a time ─► filter.output ─► lower.out()
 *                                                        as far as the link below and {@link FilterWork} allow
 * </pre>
 */
final class FilteredOutput {
    private static final int PIECE = 32 * 1024;

    /** Bytes, or part of a file that is still to be read. */
    private static final class Part {
        final Buffer bytes;
        final OpenFile file;
        long position;
        long left;

        Part(Buffer bytes, OpenFile file, long position, long left) {
            this.bytes = bytes;
            this.file = file;
            this.position = position;
            this.left = left;
        }

        long pending() {
            return file == null ? bytes.readable() : left;
        }
    }

    private final Link lower;
    private final Filter filter;
    private final FilterWork work;
    private final ArrayDeque<Part> queue = new ArrayDeque<>();

    /** On its way out of the queue; or what the filter has left, which wants more behind it. */
    private final Buffer staged = new Buffer();

    private Buffer out = new Buffer();

    /** What is to become of {@link #out} behind the queue, {@code null} for nothing yet. */
    private Flush wanted;

    private boolean failed;

    FilteredOutput(Link lower, Filter filter, FilterWork work) {
        this.lower = lower;
        this.filter = filter;
        this.work = work;
    }

    Buffer out() {
        return out;
    }

    /** Bytes that wait above the filter. */
    long pending() {
        long count = (long) out.readable() + staged.readable();
        for (Part part : queue) {
            count += part.pending();
        }
        return count;
    }

    /** The same without what nobody has asked to be sent. */
    long asked() {
        return wanted == null ? pending() - out.readable() : pending();
    }

    void add(OpenFile file, long position, long count) {
        if (!out.isEmpty()) {
            queue.add(new Part(out, null, 0, 0));
            out = new Buffer();
        }
        queue.add(new Part(null, file, position, count));
    }

    /** Has all of it go through the filter, which may keep as much to itself as {@code mode} says. */
    void want(Flush mode) {
        if (wanted == null || mode.compareTo(wanted) > 0) {
            wanted = mode;
        }
    }

    /** Whether everything that was asked for has gone through the filter. */
    boolean isDone() {
        return wanted == null && queue.isEmpty();
    }

    boolean hasFailed() {
        return failed;
    }

    /** Hands on as much as may be now; whether the link below was given anything. */
    boolean pump() {
        long before = lower.pending();
        while (!queue.isEmpty() && (staged.isEmpty() || transform(staged, Flush.NORMAL)) && !failed) {
            stage(queue.getFirst());
        }
        if (queue.isEmpty() && wanted != null && !failed && transform(last(), wanted)) {
            wanted = null;
        }
        return lower.pending() > before;
    }

    /** What stands last: the output itself, behind what the filter has left of the rest. */
    private Buffer last() {
        if (staged.isEmpty()) {
            return out;
        }
        staged.append(out);
        out.clear();
        return staged;
    }

    /** Gives the filter what there is; {@code false} if it has more to do and there is no room or no time for it. */
    private boolean transform(Buffer bytes, Flush mode) {
        while (lower.writable() && work.may()) {
            Buffer into = lower.out();
            long before = (long) into.readable() - bytes.readable();
            Filter.Outcome outcome = filter.output(bytes, into, mode);
            work.did(into.readable() - bytes.readable() - before);
            if (outcome != Filter.Outcome.OK) {
                failed |= outcome == Filter.Outcome.ERROR;
                return !failed;
            }
        }
        return false;
    }

    private void stage(Part part) {
        if (part.file == null) {
            part.bytes.moveTo(staged, PIECE);
            if (part.bytes.isEmpty()) {
                queue.removeFirst();
            }
        } else if (!readSome(part)) {
            failed = true;
        } else if (part.left == 0) {
            queue.removeFirst();
            part.file.close();
        }
    }

    private boolean readSome(Part part) {
        int most = (int) Math.min(PIECE, part.left);
        staged.reserve(most);
        try {
            int n = part.file.read(part.position, staged.array(), staged.tail(), most);
            if (n <= 0) {
                return false;
            }
            staged.wrote(n);
            part.position += n;
            part.left -= n;
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Gives up what has not left. */
    void release() {
        while (!queue.isEmpty()) {
            Part part = queue.removeFirst();
            if (part.file != null) {
                part.file.close();
            }
        }
        staged.clear();
        out = new Buffer();
        wanted = null;
    }
}

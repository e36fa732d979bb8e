// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * Says which stream sends the next frame (RFC 9218 section 10): the most urgent first; of those with the same urgency,
 * the ones that are of use only as a whole one after the other in the order in which they were asked for, and the
 * incremental ones by turns. Where both kinds wait they take turns too, so that neither is starved.
 */
final class Scheduler {
    private final StreamEntry[] whole = new StreamEntry[Priority.URGENCIES];
    private final StreamEntry[] incremental = new StreamEntry[Priority.URGENCIES];
    private int waiting;
    private boolean turn;

    /** Returns whether no stream waits. */
    boolean isEmpty() {
        return waiting == 0;
    }

    /** Adds a stream that has something to send and a window for it; one that is there already stays in its place. */
    void add(StreamEntry stream) {
        if (stream.scheduled) {
            return;
        }
        stream.scheduled = true;
        waiting |= 1 << Priority.urgency(stream.priority);
        if (Priority.isIncremental(stream.priority)) {
            insertBefore(incremental, stream, null);
        } else {
            insertBefore(whole, stream, laterThan(stream));
        }
    }

    // The first stream behind its place in the order of numbers, null at the end: mostly there.
    private StreamEntry laterThan(StreamEntry stream) {
        StreamEntry head = whole[Priority.urgency(stream.priority)];
        if (head == null || head.previous.id < stream.id) {
            return null;
        }
        StreamEntry at = head;
        while (at.id < stream.id) {
            at = at.next;
        }
        return at;
    }

    private static void insertBefore(StreamEntry[] rings, StreamEntry stream, StreamEntry later) {
        int urgency = Priority.urgency(stream.priority);
        StreamEntry head = rings[urgency];
        if (head == null) {
            stream.next = stream;
            stream.previous = stream;
            rings[urgency] = stream;
            return;
        }
        StreamEntry at = later == null ? head : later;
        stream.next = at;
        stream.previous = at.previous;
        at.previous.next = stream;
        at.previous = stream;
        if (later == head) {
            rings[urgency] = stream;
        }
    }

    /** Takes a stream out, if it is there. */
    void remove(StreamEntry stream) {
        if (!stream.scheduled) {
            return;
        }
        stream.scheduled = false;
        int urgency = Priority.urgency(stream.priority);
        StreamEntry[] rings = Priority.isIncremental(stream.priority) ? incremental : whole;
        if (stream.next == stream) {
            rings[urgency] = null;
        } else {
            stream.previous.next = stream.next;
            stream.next.previous = stream.previous;
            if (rings[urgency] == stream) {
                rings[urgency] = stream.next;
            }
        }
        stream.next = null;
        stream.previous = null;
        if (whole[urgency] == null && incremental[urgency] == null) {
            waiting &= ~(1 << urgency);
        }
    }

    /** Changes the priority of a stream, and its place with it. */
    void prioritize(StreamEntry stream, int priority) {
        boolean scheduled = stream.scheduled;
        remove(stream);
        stream.priority = priority;
        if (scheduled) {
            add(stream);
        }
    }

    /**
     * Returns the stream whose turn it is, {@code null} if none waits. It stays, an incremental one behind the others.
     */
    StreamEntry next() {
        if (waiting == 0) {
            return null;
        }
        int urgency = Integer.numberOfTrailingZeros(waiting);
        StreamEntry one = whole[urgency];
        StreamEntry other = incremental[urgency];
        turn = !turn;
        if (other == null || (one != null && turn)) {
            return one;
        }
        incremental[urgency] = other.next;
        return other;
    }
}

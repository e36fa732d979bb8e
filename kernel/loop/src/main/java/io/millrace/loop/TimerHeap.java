// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * All timers of a loop, the next one first: a heap with four children to a node, whose members know their place, so
 * that one can be moved or taken out without a search. Setting, moving and removing cost O(log n). The times lie beside
 * the timers in an array of their own: to compare four children is to read one line of the cache, and not four objects
 * somewhere in memory.
 *
 * <p>Connections move their deadline with every request. They do that lazily: a deadline that moves away is only noted
 * by the connection, which looks again when the old time has come. So the heap is touched once per time limit and not
 * once per request.
 */
final class TimerHeap {
    private static final int CHILDREN = 4;
    private static final int SMALLEST = 64;

    /** Longer than any wait, and short enough to be added to a clock. */
    private static final Duration LONGEST = Duration.ofDays(36_500);

    static final long LONGEST_NANOS = LONGEST.toNanos();

    private TimerNode[] heap = new TimerNode[SMALLEST];

    /** When the node at the same place is due. */
    private long[] dues = new long[SMALLEST];

    private int size;

    /** Nanoseconds that can be added to a clock without running over: none for a negative duration. */
    static long nanos(Duration duration) {
        return duration.isNegative() ? 0 : duration.compareTo(LONGEST) > 0 ? LONGEST_NANOS : duration.toNanos();
    }

    int size() {
        return size;
    }

    /** When the next node rings, {@code Long.MAX_VALUE} if there is none. */
    long next() {
        return size == 0 ? Long.MAX_VALUE : dues[0];
    }

    /** Sets an node, or moves one that is set. */
    void set(TimerNode node, long due) {
        node.due = due;
        if (node.index < 0) {
            if (size == heap.length) {
                resize(2 * size);
            }
            up(size++, node);
        } else if (node.index > 0 && due < dues[parent(node.index)]) {
            up(node.index, node);
        } else {
            down(node.index, node);
        }
    }

    /** Takes an node out; nothing happens if it is not set. */
    void cancel(TimerNode node) {
        int hole = node.index;
        if (hole < 0) {
            return;
        }
        node.index = -1;
        TimerNode last = heap[--size];
        heap[size] = null;
        if (last != node) {
            if (hole > 0 && last.due < dues[parent(hole)]) {
                up(hole, last);
            } else {
                down(hole, last);
            }
        }
    }

    /** Rings all that are due at {@code now}, but none that is set meanwhile for a time that has passed already. */
    int expireDue(long now) {
        int rung = 0;
        for (int most = size; rung < most && size > 0 && dues[0] <= now; rung++) {
            TimerNode node = heap[0];
            cancel(node);
            try {
                node.expire();
            } catch (Throwable t) {
                node.failed(t);
            }
        }
        shrink();
        return rung;
    }

    /** Shows all that are set. */
    void forEach(Consumer<TimerNode> visitor) {
        for (int i = 0; i < size; i++) {
            visitor.accept(heap[i]);
        }
    }

    private void up(int from, TimerNode node) {
        long due = node.due;
        int place = from;
        while (place > 0 && due < dues[parent(place)]) {
            put(place, heap[parent(place)], dues[parent(place)]);
            place = parent(place);
        }
        put(place, node, due);
    }

    private void down(int from, TimerNode node) {
        long due = node.due;
        int place = from;
        while (true) {
            int least = leastChild(place);
            if (least < 0 || dues[least] >= due) {
                break;
            }
            put(place, heap[least], dues[least]);
            place = least;
        }
        put(place, node, due);
    }

    private int leastChild(int place) {
        int first = CHILDREN * place + 1;
        if (first >= size) {
            return -1;
        }
        int least = first;
        for (int child = first + 1, end = Math.min(first + CHILDREN, size); child < end; child++) {
            if (dues[child] < dues[least]) {
                least = child;
            }
        }
        return least;
    }

    private static int parent(int place) {
        return (place - 1) / CHILDREN;
    }

    private void put(int place, TimerNode node, long due) {
        heap[place] = node;
        dues[place] = due;
        node.index = place;
    }

    /** By half in each turn: taking many out and setting as many anew at once does not pay for the room twice. */
    private void shrink() {
        if (heap.length > SMALLEST && size < heap.length / 4) {
            resize(heap.length / 2);
        }
    }

    private void resize(int length) {
        heap = Arrays.copyOf(heap, length);
        dues = Arrays.copyOf(dues, length);
    }
}

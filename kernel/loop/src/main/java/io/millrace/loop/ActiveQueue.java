// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * The events that have happened and wait to be told, a queue for each priority.
 *
 * <p>A turn tells those of the most urgent queue only: what is less urgent waits until a look at the kernel has found
 * nothing more urgent. An event that happens while a less urgent queue is being told stops that queue. Those that
 * happen while their own queue is being told wait for the next turn, so that callbacks that activate each other cannot
 * starve I/O.
 */
final class ActiveQueue {
    private ArrayDeque<Event>[] queues = queues(1);
    private int waiting;

    /** The queue that is being told, or one beyond the last. */
    private int telling = 1;

    /** Something more urgent has happened, or the user asked: leave the queue. */
    private boolean leave;

    private DispatchLimit limit = DispatchLimit.NONE;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static ArrayDeque<Event>[] queues(int priorities) {
        ArrayDeque<Event>[] queues = new ArrayDeque[priorities];
        for (int i = 0; i < priorities; i++) {
            queues[i] = new ArrayDeque<>();
        }
        return queues;
    }

    int priorities() {
        return queues.length;
    }

    /** The priority in the middle. */
    int usual() {
        return queues.length / 2;
    }

    /** Changes the number of priorities; none may wait. */
    void priorities(int count) {
        if (waiting > 0) {
            throw new IllegalStateException("events are active: set the priorities first");
        }
        queues = queues(count);
        telling = count;
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    void limit(DispatchLimit most) {
        limit = most;
    }

    /** Puts an event in its queue. */
    void add(Event event) {
        event.queued = true;
        // It may have been made when there were more.
        event.priority = Math.min(event.priority, queues.length - 1);
        queues[event.priority].add(event);
        waiting++;
        if (event.priority < telling) {
            leave = true;
        }
    }

    /** Ends the telling after the callback that runs. */
    void leave() {
        leave = true;
    }

    /** Tells the most urgent queue, within the loop's limits; returns how many it told. */
    int dispatch(EventLoop loop) {
        if (waiting == 0) {
            return 0;
        }
        telling = 0;
        while (queues[telling].isEmpty()) {
            telling++;
        }
        leave = false;
        try {
            return dispatch(loop, queues[telling]);
        } finally {
            telling = queues.length;
        }
    }

    private int dispatch(EventLoop loop, ArrayDeque<Event> queue) {
        boolean limited = telling >= limit.fromPriority();
        int most = limited ? Math.min(queue.size(), limit.callbacks()) : queue.size();
        long end =
                limited && limit.interval() != null ? loop.clock() + TimerHeap.nanos(limit.interval()) : Long.MAX_VALUE;
        int told = 0;
        for (int left = most; left > 0 && !leave; left--) {
            Event event = queue.remove();
            waiting--;
            event.queued = false;
            int what = event.found;
            if (what != 0) {
                event.found = 0;
                told++;
                loop.fire(event, what);
                leave |= end != Long.MAX_VALUE && loop.clock() >= end;
            }
        }
        return told;
    }

    /** Shows all that wait, those taken back included. */
    void forEach(Consumer<Event> visitor) {
        for (ArrayDeque<Event> queue : queues) {
            queue.forEach(visitor);
        }
    }

    /** Forgets all that wait. */
    void clear() {
        forEach(event -> {
            event.found = 0;
            event.queued = false;
        });
        for (ArrayDeque<Event> queue : queues) {
            queue.clear();
        }
        waiting = 0;
    }
}

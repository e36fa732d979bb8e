// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Looks at all there is on a loop. Slow: for people who search for something. */
final class Dump {
    private Dump() {}

    /** Each event that is enabled, set or active, once. */
    static List<Event> events(EventLoop loop) {
        Set<Event> all = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Event> inOrder = new ArrayList<>();
        loop.watches.forEach(watch -> add(watch, all, inOrder));
        loop.timers.forEach(node -> {
            if (node instanceof Event event) {
                add(event, all, inOrder);
            }
        });
        loop.activeQueue.forEach(event -> add(event, all, inOrder));
        return inOrder;
    }

    private static void add(Event event, Set<Event> all, List<Event> inOrder) {
        if ((event.isAlive() || event.isActive()) && all.add(event)) {
            inOrder.add(event);
        }
    }

    static String text(EventLoop loop) {
        StringBuilder text = new StringBuilder();
        text.append("loop ")
                .append(loop.name())
                .append(", ")
                .append(loop.engine())
                .append(", ")
                .append(loop.counters())
                .append('\n');
        loop.mechanism.describe(
                subject -> text.append("  ").append(Log.text(subject)).append('\n'));
        for (Event event : events(loop)) {
            text.append("  ").append(line(event)).append('\n');
        }
        return text.toString();
    }

    private static String line(Event event) {
        String line = Log.text(event) + ", priority " + event.priority();
        if (event.index >= 0) {
            line += ", due in " + Math.max(0, event.due - event.loop.clock()) / 1000 + " µs";
        }
        return line + (event.isActive() ? ", active" : "") + event.place();
    }
}

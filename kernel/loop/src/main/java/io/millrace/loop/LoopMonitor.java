// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What can be seen of a loop at work: hooks around its waits, counters, slow callbacks, and all that is on it. Methods
 * throw {@link IllegalStateException} if another thread than the loop's calls them, unless they say that any may.
 */
public final class LoopMonitor {
    private final EventLoop loop;
    private final Hooks hooks;

    LoopMonitor(EventLoop loop, Hooks hooks) {
        this.loop = loop;
        this.hooks = hooks;
    }

    /**
     * Calls {@code action} before each wait with its timeout in nanoseconds: 0 does not wait, -1 waits without limit.
     * Tasks and timers that it adds are honoured by this wait. On the loop.
     */
    public Hook beforeWait(LongConsumer action) {
        loop.checkOwner();
        return hooks.before(new Hook(action));
    }

    /** Calls {@code action} after each wait, before anything is called back. On the loop. */
    public Hook afterWait(Runnable action) {
        loop.checkOwner();
        return hooks.after(new Hook(ignored -> action.run()));
    }

    /** Returns what the loop has done so far. Any thread may call. */
    public LoopCounters counters() {
        return loop.stats.read();
    }

    /** Begins or ends to take the time of each wait and callback, for {@link #counters}. On the loop. */
    public void timing(boolean on) {
        loop.checkOwner();
        loop.stats.timing(on);
    }

    /**
     * Tells {@code callback} of callbacks that take that long or longer, which takes times as {@link #timing} does.
     * What it throws goes to the log. On the loop.
     *
     * @param limit {@code null} to tell no more
     * @param callback {@code null} to tell no more
     */
    public void slow(@Nullable Duration limit, @Nullable SlowCallback callback) {
        loop.checkOwner();
        if (limit == null || callback == null) {
            loop.stats.slow(Long.MAX_VALUE, null);
        } else {
            loop.stats.slow(TimerHeap.nanos(limit), callback);
        }
    }

    /**
     * Remembers where events are made from now on: errors name the place, and events that were made and then forgotten,
     * or that are still enabled when the loop is closed, are told to the log. Costs a stack trace for each. The system
     * property {@code io.millrace.loop.debug} does so for all loops. On the loop.
     */
    public void debug(boolean on) {
        loop.checkOwner();
        loop.debug = on ? new LeakTracker(Log::warn) : null;
    }

    /** Does as {@link #debug(boolean)} with {@code true}, but tells {@code reports} and not the log. On the loop. */
    public void debug(Consumer<String> reports) {
        loop.checkOwner();
        loop.debug = new LeakTracker(reports);
    }

    /** Returns all events that are enabled, set or active. On the loop. */
    public List<Event> events() {
        loop.checkOwner();
        return allEvents();
    }

    /** Returns the number of events that are enabled or set, those in the background not counted. On the loop. */
    public int enabled() {
        loop.checkOwner();
        return loop.live;
    }

    /** Returns all there is on the loop in words, a line each, for people. On the loop. */
    public String dump() {
        loop.checkOwner();
        StringBuilder text = new StringBuilder();
        text.append("loop ")
                .append(loop.name())
                .append(", ")
                .append(loop.engine())
                .append(", ")
                .append(counters())
                .append('\n');
        loop.mechanism.describe(
                subject -> text.append("  ").append(Log.text(subject)).append('\n'));
        for (Event event : allEvents()) {
            text.append("  ").append(line(event)).append('\n');
        }
        return text.toString();
    }

    /** Reports events that are still enabled when the loop is closed: they have been forgotten. */
    void reportForgotten() {
        LeakTracker told = loop.debug;
        if (told == null) {
            return;
        }
        for (Event event : allEvents()) {
            if (event.isAlive()) {
                told.report(event + " was still enabled when its loop was closed" + event.place());
            }
        }
    }

    /** Returns each event that is enabled, set or active, once. */
    private List<Event> allEvents() {
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

    private static String line(Event event) {
        String line = Log.text(event) + ", priority " + event.priority();
        if (event.index >= 0) {
            line += ", due in " + Math.max(0, event.due - event.loop.clock()) / 1000 + " µs";
        }
        return line + (event.isActive() ? ", active" : "") + event.place();
    }
}

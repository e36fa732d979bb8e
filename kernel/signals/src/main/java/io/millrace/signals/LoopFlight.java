// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import io.millrace.loop.EventLoop;
import io.millrace.loop.LoopCounters;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/**
 * Shows a loop to JDK Flight Recorder: its counters once a second, and each callback that takes long. While no
 * recording records, the counters cost nothing; long callbacks are looked for only when asked for, since that takes the
 * time of each.
 */
public final class LoopFlight implements AutoCloseable {

    /** The counters of a loop. */
    @Name("io.millrace.LoopCounters")
    @Label("Event Loop Counters")
    @Category("Millrace")
    @Description("What an event loop has done since it was made")
    @Period("1 s")
    @StackTrace(false)
    static final class Counters extends Event {
        @Label("Loop")
        @Nullable
        String loop;

        @Label("Turns")
        long turns;

        @Label("Events")
        long events;

        @Label("Callbacks")
        long callbacks;

        @Label("Time In Kernel")
        @Timespan(Timespan.NANOSECONDS)
        long kernelTime;

        @Label("Time In Callbacks")
        @Timespan(Timespan.NANOSECONDS)
        long callbackTime;

        @Label("Longest Callback")
        @Timespan(Timespan.NANOSECONDS)
        long longest;
    }

    /** A callback that took long. */
    @Name("io.millrace.SlowCallback")
    @Label("Slow Callback")
    @Category("Millrace")
    @Description("A callback kept an event loop from everything else")
    @StackTrace(false)
    static final class Slow extends Event {
        @Label("Loop")
        @Nullable
        String loop;

        @Label("Subject")
        @Nullable
        String subject;

        @Label("Took")
        @Timespan(Timespan.NANOSECONDS)
        long took;
    }

    private final EventLoop loop;
    private final Runnable hook = this::counters;

    private LoopFlight(EventLoop loop) {
        this.loop = loop;
    }

    /** Shows the counters of a loop. Any thread may call. */
    public static LoopFlight show(EventLoop loop) {
        LoopFlight flight = new LoopFlight(loop);
        FlightRecorder.addPeriodicEvent(Counters.class, flight.hook);
        return flight;
    }

    /**
     * Shows callbacks that take that long or longer, too. Any thread may call.
     *
     * @throws RejectedExecutionException if the loop has been closed
     */
    public LoopFlight slow(Duration limit) {
        loop.execute(() -> loop.monitor().slow(limit, this::slow));
        return this;
    }

    private void counters() {
        LoopCounters now = loop.monitor().counters();
        Counters event = new Counters();
        event.loop = loop.name();
        event.turns = now.turns();
        event.events = now.events();
        event.callbacks = now.callbacks();
        event.kernelTime = now.kernelNanos();
        event.callbackTime = now.callbackNanos();
        event.longest = now.longestNanos();
        event.commit();
    }

    private void slow(long nanos, Object subject) {
        Slow event = new Slow();
        if (event.isEnabled()) {
            event.loop = loop.name();
            event.subject = String.valueOf(subject);
            event.took = nanos;
            event.commit();
        }
    }

    /** Shows the loop no longer. Any thread may call. */
    @Override
    public void close() {
        FlightRecorder.removePeriodicEvent(hook);
        try {
            loop.execute(() -> loop.monitor().slow(null, null));
        } catch (RejectedExecutionException e) {
            // A loop that has been closed makes no callback.
        }
    }
}

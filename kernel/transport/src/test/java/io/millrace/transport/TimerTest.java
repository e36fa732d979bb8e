// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.loop.Event;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.testkit.SimKernel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Timers by a simulated clock. The names in brackets are those of libevent's regression suite. */
@Timeout(60)
class TimerTest {
    private static final long MILLI = 1_000_000L;

    private final SimKernel kernel = new SimKernel(1);
    private final List<Long> rung = new ArrayList<>();
    private final EventLoop loop = loop();
    private final long start = kernel.nanos();

    private EventLoop loop() {
        try {
            return new EventLoop(kernel, "test loop", Engine.READINESS);
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    private void ring() {
        rung.add((kernel.nanos() - start) / MILLI);
    }

    /** Turns until the simulated clock shows so many milliseconds. */
    private void until(long millis) {
        while (kernel.nanos() < start + millis * MILLI) {
            loop.turn(start + millis * MILLI - kernel.nanos());
        }
    }

    @Test
    void aPeriodIsCountedFromWhenItWasDue() {
        loop.every(Duration.ofMillis(10), this::ring);
        until(55);
        assertEquals(List.of(10L, 20L, 30L, 40L, 50L), rung);
    }

    @Test
    void timesBeyondAllMeasureAreTheLongestOrNone() {
        Timer never = loop.timer(this::ring).setNanos(Long.MAX_VALUE);
        loop.schedule(Duration.ofSeconds(Long.MAX_VALUE), this::ring);
        until(20);
        assertEquals(List.of(), rung);
        assertFalse(never.remaining() < Duration.ofDays(36_000).toNanos());
        loop.schedule(Duration.ofDays(-200_000), this::ring);
        loop.timer(this::ring).setNanos(Long.MIN_VALUE);
        until(30);
        assertEquals(2, rung.size());
    }

    /** [persistent_timeout_jump] */
    @Test
    void missedPeriodsBecomeOneCall() {
        Timer timer = loop.every(Duration.ofMillis(10), this::ring);
        until(15);
        kernel.pass(Duration.ofMillis(40).toNanos());
        until(75);
        assertEquals(List.of(10L, 55L, 60L, 70L), rung);
        timer.cancel();
        until(200);
        assertEquals(4, rung.size());
        assertFalse(timer.isSet());
    }

    /** [persistent_active_timeout] what happens moves the timeout; timeouts keep their distance. */
    @Test
    void aPersistentTimeoutBeginsAnewWithEachCall() {
        List<Integer> found = new ArrayList<>();
        Watch watch = loop.watch(-1, 0, (self, what) -> {
                    found.add(what);
                    ring();
                })
                .timeout(Duration.ofMillis(200));
        assertEquals(0, watch.enable());
        loop.schedule(Duration.ofMillis(100), () -> watch.activate(Interest.READ));
        until(310);
        kernel.pass(50 * MILLI);
        until(510);
        assertEquals(List.of(Interest.READ, Event.TIMEOUT, Event.TIMEOUT), found);
        assertEquals(List.of(100L, 300L, 500L), rung);
    }

    /** [event_remove_timeout] */
    @Test
    void aTimeoutCanBeTakenAway() {
        List<Integer> found = new ArrayList<>();
        Watch watch = loop.watch(-1, 0, (self, what) -> found.add(what)).timeout(Duration.ofMillis(10));
        assertEquals(0, watch.enable());
        assertEquals(10 * MILLI, watch.remaining());
        watch.timeout(null);
        assertEquals(-1, watch.remaining());
        until(50);
        assertEquals(List.of(), found);
        watch.timeout(Duration.ofMillis(10));
        until(100);
        assertEquals(5, found.size());
    }

    /** [event_timer, event_pending] */
    @Test
    void whatRemainsNeverExceedsWhatWasAsked() {
        Timer timer = loop.timer(this::ring);
        assertEquals(-1, timer.remaining());
        timer.set(Duration.ofMillis(500));
        assertEquals(500 * MILLI, timer.remaining());
        kernel.pass(200 * MILLI);
        assertEquals(300 * MILLI, timer.remaining());
        kernel.pass(400 * MILLI);
        assertEquals(0, timer.remaining());
        loop.turn(0);
        assertEquals(-1, timer.remaining());
        assertEquals(List.of(600L), rung);
    }

    @Test
    void aTimerCanBeSetAnewAndByItself() {
        Timer[] self = new Timer[1];
        self[0] = loop.timer(() -> {
            ring();
            if (rung.size() < 3) {
                self[0].set(Duration.ofMillis(7));
            }
        });
        self[0].set(Duration.ofMillis(100));
        self[0].set(Duration.ofMillis(5));
        until(300);
        assertEquals(List.of(5L, 12L, 19L), rung);
        assertThrows(IllegalArgumentException.class, () -> self[0].every(Duration.ZERO));
    }

    @Test
    void aTimerThatIsActiveCanBeCancelled() {
        Timer[] second = new Timer[1];
        loop.schedule(Duration.ofMillis(1), () -> second[0].cancel());
        second[0] = loop.schedule(Duration.ofMillis(1), this::ring);
        until(10);
        assertEquals(List.of(), rung);
        assertEquals(0, loop.monitor().enabled());
    }

    /** [minheap/randomized, common_timeout] many of the same length and many of none. */
    @Test
    void manyTimersRingInTheOrderOfTheirTimes() {
        Random random = new Random(7);
        List<Timer> timers = new ArrayList<>();
        int cancelled = 0;
        for (int i = 0; i < 20_000; i++) {
            long millis = i % 2 == 0 ? 400 : random.nextInt(1000);
            timers.add(loop.schedule(Duration.ofMillis(millis), this::ring));
            if (random.nextInt(4) == 0) {
                Timer victim = timers.get(random.nextInt(timers.size()));
                cancelled += victim.isSet() ? 1 : 0;
                victim.cancel();
            }
        }
        until(1001);
        assertEquals(20_000 - cancelled, rung.size());
        assertEquals(rung.stream().sorted().toList(), rung);
        assertEquals(0, loop.monitor().enabled());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RequestPaceTest {
    private static final long SECOND = 1_000_000_000L;
    private static final HttpContext CONTEXT = HttpContext.of((request, response) -> {})
            .withLimits(Limits.DEFAULT
                    .withHeadTime(Duration.ofSeconds(3))
                    .withBodyTime(Duration.ofSeconds(5))
                    .withBodyRate(100)
                    .withHalfClosedTime(Duration.ofSeconds(7)));

    private final RequestPace pace = new RequestPace(CONTEXT);

    @Test
    void aHeadHasItsTime() {
        pace.begin(10 * SECOND);
        assertEquals(13 * SECOND, pace.headDue());
    }

    @Test
    void aBodyEarnsTimeByComing() {
        body(0);
        assertEquals(5 * SECOND, pace.bodyDue());
        assertEquals(300, pace.received(300, 2 * SECOND));
        assertEquals(5 * SECOND, pace.bodyDue()); // three seconds are earned, the grace is longer
        assertEquals(1000, pace.received(700, 4 * SECOND));
        assertEquals(9 * SECOND, pace.bodyDue()); // ten are earned, but five of silence end it
        pace.received(1, 8 * SECOND);
        assertEquals(10 * SECOND + SECOND / 100, pace.bodyDue());
    }

    @Test
    void timeInWhichNobodyWantsTheBodyDoesNotCount() {
        body(0);
        assertFalse(pace.wanted(true, SECOND));
        assertTrue(pace.wanted(false, SECOND));
        assertFalse(pace.wanted(false, 2 * SECOND));
        assertTrue(pace.wanted(true, 101 * SECOND));
        assertEquals(105 * SECOND, pace.bodyDue());
    }

    @Test
    void anyRateWillDo() {
        RequestPace any = new RequestPace(
                CONTEXT.withLimits(CONTEXT.limits().withBodyRate(0).withBodyTime(Duration.ofSeconds(4))));
        any.begin(0);
        any.bodyBegins(0);
        any.wanted(true, 0);
        any.received(1, 100 * SECOND);
        assertEquals(104 * SECOND, any.bodyDue());
    }

    @Test
    void aBodyOfAnySizeHasAnEnd() {
        body(0);
        pace.received(Long.MAX_VALUE, SECOND);
        assertEquals(6 * SECOND, pace.bodyDue());
    }

    @Test
    void silenceIsCountedFromTheLastSignOfLife() {
        pace.begin(SECOND);
        assertEquals(8 * SECOND, pace.silentDue());
        pace.alive(5 * SECOND);
        assertEquals(12 * SECOND, pace.silentDue());
    }

    private void body(long now) {
        pace.begin(now);
        pace.bodyBegins(now);
        pace.wanted(true, now);
    }
}

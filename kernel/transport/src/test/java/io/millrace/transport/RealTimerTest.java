// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.RunMode;
import io.millrace.loop.Watch;
import io.millrace.socket.Kernel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Timers by the real clock, over every engine. The names in brackets are those of libevent's regression suite. */
@Timeout(60)
@ParameterizedClass
@MethodSource("contenders")
class RealTimerTest extends OverEveryDriver {
    private static final long MILLI = 1_000_000L;

    /** [deferred_cb_skew, active_later] tasks and events that breed leave timers their time. */
    @Test
    void deferredCallsDoNotHoldUpATimer() throws Exception {
        EventLoop real = new EventLoop(Kernel.host(), "test loop", contender);
        long begun = System.nanoTime();
        boolean[] rang = new boolean[1];
        long[] calls = new long[2];
        Runnable breeder = new Runnable() {
            @Override
            public void run() {
                calls[0]++;
                if (!rang[0]) {
                    real.execute(this);
                }
            }
        };
        real.execute(breeder);
        Watch watch = real.watch(-1, 0, (self, found) -> {
            calls[1]++;
            self.activate();
        });
        watch.activate();
        real.schedule(Duration.ofMillis(50), () -> rang[0] = true);
        while (!rang[0]) {
            real.turn(0);
            assertTrue(System.nanoTime() - begun < 30_000 * MILLI, "the timer starves");
        }
        assertTrue(calls[0] > 1 && calls[1] > 1, "somebody starved: " + calls[0] + " tasks, " + calls[1] + " events");
        watch.close();
        real.close();
    }

    @Test
    void realTimersAreNotEarly() throws Exception {
        EventLoop real = new EventLoop(Kernel.host(), "test loop", contender);
        for (long nanos : new long[] {0, 1, 999, 50_000, 400_000, 1_000_000, 3_300_000}) {
            long[] late = {Long.MIN_VALUE};
            long begun = System.nanoTime();
            real.timer(() -> late[0] = System.nanoTime() - begun - nanos).setNanos(nanos);
            real.run(RunMode.UNTIL_EMPTY);
            assertTrue(late[0] >= 0, nanos + " ns were early by " + -late[0]);
        }
        real.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.transport.Engine;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoopFlightTest {
    @Test
    void flightRecorderSeesCountersAndSlowCallbacks() throws Exception {
        EventLoop loop = new EventLoop(Kernel.host(), "flight loop", Engine.READINESS);
        CountDownLatch counters = new CountDownLatch(1);
        CountDownLatch slow = new CountDownLatch(1);
        Thread thread = loop.start();
        try (LoopFlight flight = LoopFlight.show(loop).slow(Duration.ofNanos(1));
                RecordingStream stream = new RecordingStream()) {
            assertTrue(flight != null);
            stream.enable("io.millrace.LoopCounters").withPeriod(Duration.ofMillis(20));
            stream.enable("io.millrace.SlowCallback");
            stream.onEvent("io.millrace.LoopCounters", event -> {
                if (event.getString("loop").equals("flight loop") && event.getLong("callbacks") > 0) {
                    counters.countDown();
                }
            });
            stream.onEvent("io.millrace.SlowCallback", event -> {
                if (event.getString("loop").equals("flight loop") && event.getLong("took") > 0) {
                    slow.countDown();
                }
            });
            stream.startAsync();
            while (!counters.await(1, TimeUnit.MILLISECONDS) || !slow.await(1, TimeUnit.MILLISECONDS)) {
                loop.execute(() -> {});
            }
        } finally {
            loop.stop();
            thread.join();
        }
    }
}

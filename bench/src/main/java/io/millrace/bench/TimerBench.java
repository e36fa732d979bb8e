// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import io.millrace.transport.Engine;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Setting a timer on the loop and giving it up again, while others wait. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class TimerBench {
    private static final Runnable NOTHING = () -> {};

    /** Number of timers that wait meanwhile. */
    @Param({"0", "10000"})
    public int waiting;

    private final SplittableRandom random = new SplittableRandom(1);
    private final Duration[] times = new Duration[1024];
    private EventLoop loop;
    private int next;

    /** The thread that measures becomes the loop's owner with its first turn. */
    @Setup
    public void open() throws SysException {
        loop = new EventLoop(Kernel.host(), "bench", Engine.READINESS);
        loop.turn(0);
        for (int i = 0; i < waiting; i++) {
            loop.schedule(time(), NOTHING);
        }
        for (int i = 0; i < times.length; i++) {
            times[i] = time();
        }
    }

    /** Somewhere within an hour, so that none rings while a bench runs. */
    private Duration time() {
        return Duration.ofMillis(random.nextLong(3_600_000, 7_200_000));
    }

    /** Closes the loop. */
    @TearDown
    public void close() {
        loop.close();
    }

    /** One timer. */
    @Benchmark
    public Timer scheduleAndCancel() {
        Timer timer = loop.schedule(times[next++ & times.length - 1], NOTHING);
        timer.cancel();
        return timer;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.loop.EventLoop;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Reports loops that a handler blocks: a loop whose turn has lasted for longer than a threshold and which is in an
 * exchange. Looks from a thread of its own at a counter that loops have anyway, and so costs them nothing. Each loop is
 * reported once a minute at most.
 */
final class LoopWatch implements AutoCloseable {
    private static final String EXCHANGE = "io.millrace.http.Exchange";
    private static final long PAUSE = TimeUnit.MINUTES.toNanos(1);

    private final List<Watched> loops;
    private final long threshold;
    private final CountDownLatch closed = new CountDownLatch(1);

    /** One loop, as it was seen last. The thread is the loop's, which says so itself. */
    private static final class Watched {
        private final EventLoop loop;
        private volatile Thread thread;
        private long turns = -1;
        private long since;
        private long reported = Long.MIN_VALUE;

        Watched(EventLoop loop) {
            this.loop = loop;
            loop.execute(() -> thread = Thread.currentThread());
        }
    }

    private LoopWatch(List<EventLoop> loops, Duration threshold) {
        this.loops = loops.stream().map(Watched::new).toList();
        this.threshold = threshold.toNanos();
    }

    /** Watches loops from now on; {@code null} if there are none or the threshold is zero. */
    static LoopWatch start(List<EventLoop> loops, Duration threshold) {
        if (loops.isEmpty() || threshold.isZero()) {
            return null;
        }
        try {
            LoopWatch watch = new LoopWatch(loops, threshold);
            Thread.ofPlatform().daemon().name("millrace-loop-watch").start(watch::run);
            return watch;
        } catch (RejectedExecutionException e) {
            return null; // the server is stopped already
        }
    }

    private void run() {
        try {
            long pause = Math.max(threshold / 4, 1_000_000);
            while (!closed.await(pause, TimeUnit.NANOSECONDS)) {
                long now = System.nanoTime();
                loops.forEach(watched -> look(watched, now));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look(Watched watched, long now) {
        long turns = watched.loop.turns();
        if (turns != watched.turns) {
            watched.turns = turns;
            watched.since = now;
            return;
        }
        boolean due = watched.reported == Long.MIN_VALUE || now - watched.reported >= PAUSE;
        Thread thread = watched.thread;
        if (thread == null || !due || now - watched.since < threshold) {
            return;
        }
        StackTraceElement[] frames = thread.getStackTrace();
        // A loop that waits for something to do stands still, too, but in no exchange.
        int end = 0;
        while (end < frames.length && !frames[end].getClassName().equals(EXCHANGE)) {
            end++;
        }
        if (end < frames.length && watched.loop.turns() == turns) {
            watched.reported = now;
            report(watched.loop.name(), now - watched.since, Arrays.copyOf(frames, end));
        }
    }

    private static void report(String name, long nanos, StackTraceElement[] frames) {
        Throwable place = new Throwable("where it is now");
        place.setStackTrace(frames);
        System.getLogger("io.millrace.web")
                .log(
                        System.Logger.Level.WARNING,
                        "the loop " + name + " has been blocked for " + nanos / 1_000_000
                                + " ms by a handler, and with it all of its connections: a route whose handler waits"
                                + " runs elsewhere, by Dispatch.VIRTUAL",
                        place);
    }

    @Override
    public void close() {
        closed.countDown();
    }
}

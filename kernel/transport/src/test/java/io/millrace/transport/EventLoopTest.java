// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.socket.Kernel;
import io.millrace.testkit.ExpectedLog;
import io.millrace.transport.Servers.Events;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EventLoopTest {
    private EventLoop loop;
    private Thread thread;

    @BeforeEach
    void start() throws Exception {
        loop = new EventLoop(Kernel.host(), "test loop", Servers.engine);
        thread = loop.start();
    }

    @AfterEach
    void stop() throws Exception {
        loop.stop();
        thread.join();
    }

    @Test
    void tasksRunInOrderOnTheLoopsThread() throws Exception {
        Events<String> events = new Events<>();
        for (int i = 0; i < 100; i++) {
            int number = i;
            loop.execute(() -> events.add(number + " " + Thread.currentThread().getName() + " " + loop.inLoop()));
        }
        for (int i = 0; i < 100; i++) {
            assertEquals(i + " test loop true", events.next());
        }
        assertFalse(loop.inLoop());
    }

    @Test
    void manyThreadsLoseNoTask() throws Exception {
        AtomicLong sum = new AtomicLong();
        int threads = 4;
        int each = 50_000;
        CountDownLatch done = new CountDownLatch(threads * each);
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            all.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    loop.execute(() -> {
                        // Only the loop's thread is here: an atomic would not be needed.
                        sum.lazySet(sum.getPlain() + 1);
                        done.countDown();
                    });
                }
            }));
        }
        assertTrue(done.await(30, TimeUnit.SECONDS), "left: " + done.getCount());
        assertEquals((long) threads * each, sum.get());
        for (Thread one : all) {
            one.join();
        }
    }

    @Test
    void aTaskForASleepingLoopWakesIt() throws Exception {
        for (int i = 0; i < 200; i++) {
            Events<String> events = new Events<>();
            loop.execute(() -> events.add("ran"));
            assertEquals("ran", events.next());
        }
    }

    @ExpectedLog("a task threw")
    @Test
    void aTaskThatThrowsDoesNotEndTheLoop() throws Exception {
        Events<String> events = new Events<>();
        loop.execute(() -> {
            throw new IllegalStateException("on purpose, for a test");
        });
        loop.execute(() -> events.add("next"));
        assertEquals("next", events.next());
    }

    @Test
    void tasksThatBreedDoNotStarveTheLoop() throws Exception {
        Events<String> events = new Events<>();
        boolean[] rung = new boolean[1];
        Runnable breeder = new Runnable() {
            @Override
            public void run() {
                if (!rung[0]) {
                    loop.execute(this);
                }
            }
        };
        loop.execute(breeder);
        loop.schedule(Duration.ofMillis(5), () -> {
            rung[0] = true;
            events.add("timer");
        });
        assertEquals("timer", events.next());
    }

    /**
     * Set within one task, so that a machine that is slow meanwhile changes nothing: none of them can ring before all
     * are set.
     */
    @Test
    void timersFireInOrderAndNotEarly() throws Exception {
        Events<String> events = new Events<>();
        long start = System.nanoTime();
        loop.execute(() -> {
            Timer late = loop.timer(() -> events.add("b"));
            loop.schedule(Duration.ofMillis(10), () -> events.add("a"));
            Timer cancelled = loop.schedule(Duration.ofMillis(20), () -> events.add("cancelled"));
            late.set(Duration.ofMillis(300));
            cancelled.cancel();
        });
        assertEquals("a", events.next());
        assertTrue(System.nanoTime() - start >= 10_000_000);
        assertEquals("b", events.next());
        assertTrue(System.nanoTime() - start >= 300_000_000);
    }

    @Test
    void tasksGivenBeforeTheEndAreRun() throws Exception {
        Events<String> events = new Events<>();
        CountDownLatch hold = new CountDownLatch(1);
        loop.execute(() -> {
            try {
                hold.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        loop.stop();
        for (int i = 0; i < 5000; i++) {
            loop.execute(() -> {});
        }
        loop.execute(() -> events.add("last"));
        hold.countDown();
        assertEquals("last", events.next());
        thread.join();
    }
}

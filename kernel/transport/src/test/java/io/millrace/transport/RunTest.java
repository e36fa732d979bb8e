// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Hook;
import io.millrace.loop.LoopCounters;
import io.millrace.loop.RunEnd;
import io.millrace.loop.RunMode;
import io.millrace.loop.Timer;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.transport.Servers.Events;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Running a loop and ending it. The names in brackets are those of libevent's regression suite. */
@Timeout(60)
@ParameterizedClass
@MethodSource("contenders")
class RunTest extends OverEveryDriver {
    private static final long MILLI = 1_000_000L;

    private final Pairs pairs = new Pairs();
    private final List<String> told = new ArrayList<>();
    private EventLoop loop;

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(Kernel.host(), "test loop", contender);
    }

    @AfterEach
    void close() {
        if (loop != null) {
            loop.close();
        }
        pairs.close();
    }

    /** A loop that has run on a thread is closed on that thread. */
    private RunEnd runAndClose(RunMode mode) {
        try {
            return loop.run(mode);
        } finally {
            loop.close();
        }
    }

    /** [no_events, EVLOOP_NO_EXIT_ON_EMPTY] */
    @Test
    void anEmptyLoopIsLeftUnlessItIsToGoOn() throws Exception {
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.ONCE));
        AtomicReference<RunEnd> end = new AtomicReference<>();
        Events<String> events = new Events<>();
        Thread thread = Thread.ofPlatform().start(() -> end.set(runAndClose(RunMode.UNTIL_STOPPED)));
        for (int i = 0; i < 5; i++) {
            int number = i;
            loop.execute(() -> loop.schedule(Duration.ofMillis(5L * number), () -> events.add("timer " + number)));
            assertEquals("timer " + i, events.next());
        }
        loop.exit();
        thread.join();
        assertEquals(RunEnd.EXITED, end.get());
    }

    @Test
    void whatIsLeftKeepsTheLoopGoing() {
        int[] ends = pairs.pair();
        Watch reader = loop.watch(ends[0], Interest.READ, (watch, found) -> {
            Pairs.read(ends[0], 10);
            told.add("read");
            watch.disable();
        });
        assertEquals(0, reader.enable());
        loop.schedule(Duration.ofMillis(2), () -> {
            told.add("timer");
            loop.schedule(Duration.ofMillis(2), () -> Pairs.write(ends[1], 1));
        });
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("timer", "read"), told);
        assertEquals(0, loop.monitor().enabled());
    }

    @Test
    void whatIsInTheBackgroundDoesNot() {
        loop.every(Duration.ofMillis(1), () -> told.add("tick")).background();
        Watch watch =
                loop.watch(pairs.pair()[0], Interest.READ, (self, found) -> {}).background();
        assertEquals(0, watch.enable());
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        watch.disable();
        assertEquals(0, loop.monitor().enabled());
    }

    /** [event_base_get_num_events] its virtual events. */
    @Test
    void aHoldKeepsTheLoopGoingUntilItIsReleased() throws Exception {
        loop.ref();
        Thread other = Thread.ofPlatform().start(() -> {
            loop.execute(() -> told.add("task"));
            loop.unref();
        });
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("task"), told);
        other.join();
        assertThrows(IllegalStateException.class, loop::unref);
    }

    @Test
    void onceWaitsAndNowDoesNot() {
        Timer timer = loop.schedule(Duration.ofHours(1), () -> told.add("timer"));
        assertEquals(RunEnd.DONE, loop.run(RunMode.NOW));
        assertEquals(List.of(), told);
        assertTrue(timer.isSet());
        long begun = System.nanoTime();
        timer.set(Duration.ofMillis(10));
        assertEquals(RunEnd.DONE, loop.run(RunMode.ONCE));
        assertEquals(List.of("timer"), told);
        assertTrue(System.nanoTime() - begun >= 10 * MILLI);
    }

    /** [loopexit] */
    @Test
    void exitAfterLeavesWhenItsTimeHasCome() {
        loop.schedule(Duration.ofDays(1), () -> told.add("tomorrow"));
        long begun = System.nanoTime();
        loop.exitAfter(Duration.ofMillis(30));
        assertEquals(RunEnd.EXITED, loop.run(RunMode.UNTIL_EMPTY));
        assertTrue(System.nanoTime() - begun >= 30 * MILLI);
        assertEquals(List.of(), told);
    }

    /** [loopexit_multiple] */
    @Test
    void theEarliestExitWins() {
        long begun = System.nanoTime();
        loop.exitAfter(Duration.ofMillis(20));
        loop.exitAfter(Duration.ofHours(1));
        assertEquals(RunEnd.EXITED, loop.run(RunMode.UNTIL_EMPTY));
        assertTrue(System.nanoTime() - begun >= 20 * MILLI);
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
    }

    @Test
    void exitIsAtTheEndOfTheTurn() {
        Watch first = loop.watch(-1, 0, (watch, found) -> {
            told.add("first");
            loop.exit();
        });
        first.activate();
        loop.watch(-1, 0, (watch, found) -> told.add("second")).activate();
        assertEquals(RunEnd.EXITED, loop.run(RunMode.UNTIL_STOPPED));
        assertEquals(List.of("first", "second"), told);
    }

    /** [loopbreak] */
    @Test
    void breakOffIsAfterTheCallbackAndTheRestStaysActive() {
        loop.watch(-1, 0, (watch, found) -> {
                    told.add("first");
                    loop.breakLoop();
                })
                .activate();
        loop.watch(-1, 0, (watch, found) -> told.add("second")).activate();
        assertEquals(RunEnd.BROKEN, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("first"), told);
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("first", "second"), told);
    }

    @Test
    void breakOffInATaskLeavesEventsForTheNextRun() {
        loop.watch(-1, 0, (watch, found) -> told.add("event")).activate();
        loop.execute(() -> {
            told.add("task");
            loop.breakLoop();
        });
        loop.execute(() -> told.add("next task"));
        assertEquals(RunEnd.BROKEN, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("task"), told);
        assertEquals(RunEnd.EMPTY, loop.run(RunMode.UNTIL_EMPTY));
        assertEquals(List.of("task", "next task", "event"), told);
        loop.breakLoop();
        loop.execute(() -> told.add("without a run"));
        loop.turn(0);
        assertEquals(4, told.size());
    }

    /** [loopcontinue] */
    @Test
    void rescanLooksAtTheKernelBeforeTheRestIsCalled() {
        int[] ends = pairs.pair();
        Watch reader = loop.watch(ends[0], Interest.READ, (watch, found) -> told.add("read"))
                .once();
        assertEquals(0, reader.enable());
        loop.watch(-1, 0, (watch, found) -> {
                    told.add("first");
                    Pairs.write(ends[1], 1);
                    loop.continueLoop();
                })
                .activate();
        loop.watch(-1, 0, (watch, found) -> told.add("second")).activate();
        loop.turn(0);
        assertEquals(List.of("first"), told);
        loop.turn(0);
        assertEquals(List.of("first", "second", "read"), told);
    }

    /** [bad_reentrant] */
    @Test
    void aCallbackCannotRunTheLoop() {
        loop.watch(-1, 0, (watch, found) -> {
                    assertThrows(IllegalStateException.class, () -> loop.run(RunMode.NOW));
                    assertThrows(IllegalStateException.class, () -> loop.turn(0));
                    told.add("refused");
                })
                .activate();
        loop.run(RunMode.NOW);
        assertEquals(List.of("refused"), told);
    }

    @Test
    void anotherThreadCannotRunALoopThatRuns() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        loop.execute(running::countDown);
        Thread thread = loop.start();
        running.await();
        assertThrows(IllegalStateException.class, () -> loop.run(RunMode.NOW));
        assertThrows(IllegalStateException.class, () -> loop.watch(-1, 0, (watch, found) -> {}));
        loop.stop();
        thread.join();
    }

    /** [free_active_base] */
    @Test
    void aLoopWithPendingAndActiveEventsCanBeClosed() {
        int[] ends = pairs.pair();
        Watch watch = loop.watch(ends[0], Interest.WRITE, (self, found) -> told.add("watch"));
        assertEquals(0, watch.enable());
        Watch active = loop.watch(-1, 0, (self, found) -> told.add("active"));
        active.activate();
        loop.schedule(Duration.ZERO, () -> told.add("timer"));
        loop.close();
        assertEquals(List.of(), told);
        assertFalse(watch.isEnabled());
        assertFalse(active.isActive());
        assertTrue(watch.enable() < 0, "a closed loop watches nothing");
    }

    /** [del_notify, del_timeout_notify] what another thread does to a sleeping loop is done at once. */
    @Test
    void theLastEventClosedByAnotherThreadEndsTheLoop() throws Exception {
        Timer timer = loop.schedule(Duration.ofHours(1), () -> told.add("late"));
        Watch watch = loop.watch(pairs.pair()[0], Interest.READ, (self, found) -> {});
        assertEquals(0, watch.enable());
        AtomicReference<RunEnd> end = new AtomicReference<>();
        CountDownLatch running = new CountDownLatch(1);
        loop.execute(running::countDown);
        Thread thread = Thread.ofPlatform().start(() -> end.set(runAndClose(RunMode.UNTIL_EMPTY)));
        running.await();
        timer.cancel();
        watch.close();
        thread.join(20_000);
        assertEquals(RunEnd.EMPTY, end.get());
    }

    /** [del_wait] */
    @Test
    void closeAndWaitWaitsForTheCallback() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger();
        Watch watch = loop.watch(-1, 0, (self, found) -> {
            inside.countDown();
            await(go);
            calls.incrementAndGet();
            self.activate();
        });
        watch.activate();
        Thread thread = loop.start();
        inside.await();
        Thread closer = Thread.ofPlatform().start(() -> {
            try {
                watch.closeAndWait();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            calls.addAndGet(100);
        });
        while (closer.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(closer.isAlive(), "closeAndWait did not wait");
            Thread.onSpinWait();
        }
        assertEquals(0, calls.get(), "closeAndWait did not wait");
        go.countDown();
        closer.join();
        int calledBefore = calls.get();
        assertTrue(calledBefore > 100);
        loop.stop();
        thread.join();
        assertEquals(calledBefore, calls.get(), "called after closeAndWait");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(20, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** [finalize: cb_invoked, free_finalize, within_cb] */
    @Test
    void theLastActionComesOnceAndAfterEverythingElse() {
        Watch watch = loop.watch(-1, 0, (self, found) -> {
            told.add("called");
            self.close(() -> told.add("last"));
            assertThrows(IllegalStateException.class, self::activate);
        });
        watch.activate();
        loop.run(RunMode.UNTIL_EMPTY);
        assertEquals(List.of("called", "last"), told);
        told.clear();
        Watch never = loop.watch(-1, 0, (self, found) -> told.add("called"));
        never.activate();
        never.close(() -> told.add("last"));
        loop.run(RunMode.UNTIL_EMPTY);
        assertEquals(List.of("last"), told);
        assertThrows(IllegalStateException.class, never::enable);
    }

    /** [gettimeofday_cached] */
    @Test
    void theTimeStandsStillWithinATurn() {
        List<Long> times = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            loop.watch(-1, 0, (watch, found) -> {
                        times.add(loop.now());
                        long end = System.nanoTime() + MILLI;
                        while (System.nanoTime() < end) {
                            Thread.onSpinWait();
                        }
                    })
                    .activate();
        }
        loop.turn(0);
        assertEquals(times.get(0), times.get(1));
        assertTrue(loop.refresh() >= times.get(0) + 2 * MILLI);
        loop.turn(0);
        assertTrue(loop.now() > times.get(0));
    }

    /** [thread/basic] */
    @Test
    void manyThreadsCanSetAndCancelTimers() throws Exception {
        Thread thread = loop.start();
        int threads = 4;
        int each = 2000;
        AtomicInteger rung = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(threads * each);
        List<Thread> all = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            all.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < each; i++) {
                    Timer cancelled = loop.schedule(Duration.ofHours(1), rung::incrementAndGet);
                    loop.schedule(Duration.ofNanos(i), done::countDown);
                    cancelled.cancel();
                }
            }));
        }
        assertTrue(done.await(30, TimeUnit.SECONDS), "left: " + done.getCount());
        for (Thread one : all) {
            one.join();
        }
        Events<Integer> left = new Events<>();
        loop.execute(() -> left.add(loop.monitor().enabled()));
        assertEquals(0, left.next());
        assertEquals(0, rung.get());
        loop.stop();
        thread.join();
    }

    // ---- looking on ----

    /** [watch/callback_ordering] */
    @Test
    void hooksComeInOrderAroundTheWait() {
        loop.schedule(Duration.ofHours(1), () -> {});
        List<Long> timeouts = new ArrayList<>();
        loop.monitor().beforeWait(timeout -> {
            told.add("before 1");
            timeouts.add(timeout);
            loop.execute(() -> told.add("task"));
        });
        Hook closed = loop.monitor().beforeWait(timeout -> told.add("closed"));
        loop.monitor().beforeWait(timeout -> told.add("before 2"));
        loop.monitor().afterWait(() -> told.add("after 1"));
        loop.monitor().afterWait(() -> told.add("after 2"));
        closed.close();
        loop.turn(Long.MAX_VALUE);
        assertEquals(List.of("before 1", "before 2", "after 1", "after 2", "task"), told);
        long hour = Duration.ofHours(1).toNanos();
        assertTrue(timeouts.get(0) > hour - 60_000 * MILLI && timeouts.get(0) <= hour, "timeout " + timeouts);
    }

    /** [event_foreach, event_base_get_num_events] */
    @Test
    void eachEventThatIsEnabledOrActiveIsShownOnce() {
        int[] ends = pairs.pair();
        Watch both = loop.watch(ends[0], Interest.WRITE, (watch, found) -> {}).timeout(Duration.ofHours(1));
        assertEquals(0, both.enable());
        both.activate();
        Timer timer = loop.schedule(Duration.ofHours(1), () -> {});
        Watch active = loop.watch(-1, 0, (watch, found) -> {});
        active.activate();
        Watch enabled = loop.watch(-1, 0, (watch, found) -> {});
        assertEquals(0, enabled.enable());
        loop.watch(ends[1], Interest.READ, (watch, found) -> {});
        assertEquals(4, loop.monitor().events().size());
        assertTrue(loop.monitor().events().containsAll(List.of(both, timer, active, enabled)));
        assertEquals(3, loop.monitor().enabled());
        String dump = loop.monitor().dump();
        assertEquals(5, dump.lines().count(), dump);
        assertTrue(dump.contains("descriptor " + ends[0] + ", WRITE") && dump.contains("active"), dump);
    }

    @Test
    void countersCountAndTellTheLongest() {
        int[] ends = pairs.pair();
        Watch quick = loop.watch(ends[0], Interest.WRITE, (watch, found) -> {}).once();
        assertEquals(0, quick.enable());
        loop.turn(0);
        assertEquals(new LoopCounters(1, 1, 1, 0, 0, 0, ""), loop.monitor().counters());
        List<Long> slow = new ArrayList<>();
        loop.monitor().slow(Duration.ofMillis(2), (nanos, subject) -> slow.add(nanos));
        loop.execute(() -> {
            long end = System.nanoTime() + 3 * MILLI;
            while (System.nanoTime() < end) {
                Thread.onSpinWait();
            }
        });
        loop.execute(() -> {});
        loop.turn(0);
        LoopCounters counters = loop.monitor().counters();
        assertEquals(3, counters.callbacks());
        assertTrue(counters.longestNanos() >= 3 * MILLI && counters.callbackNanos() >= counters.longestNanos());
        assertTrue(counters.kernelNanos() > 0);
        assertTrue(slow.contains(counters.longestNanos()), slow + " " + counters);
        loop.monitor().slow(Duration.ZERO, null);
        loop.execute(() -> {});
        loop.turn(0);
        assertEquals(counters.callbackNanos(), loop.monitor().counters().callbackNanos());
    }

    /** [event_enable_debug_mode and its kin] */
    @Test
    void aDebuggedLoopNamesPlacesAndTellsWhatWasLost() throws Exception {
        List<String> reports = new java.util.concurrent.CopyOnWriteArrayList<>();
        loop.monitor().debug(reports::add);
        Watch closed = loop.watch(-1, 0, (watch, found) -> {});
        closed.close();
        String error = assertThrows(IllegalStateException.class, closed::enable).getMessage();
        assertTrue(error.contains("RunTest.java"), error);
        lose();
        long end = System.nanoTime() + 20_000 * MILLI;
        while (reports.isEmpty() && System.nanoTime() < end) {
            System.gc();
            Thread.sleep(5);
        }
        assertEquals(1, reports.size());
        assertTrue(reports.get(0).contains("lost") && reports.get(0).contains("RunTest.lose"), reports.get(0));
        loop.schedule(Duration.ofHours(1), () -> {});
        loop.close();
        assertTrue(reports.get(1).contains("still enabled") && reports.get(1).contains("RunTest"), reports.get(1));
        assertThrows(IllegalStateException.class, () -> loop.watch(-1, 0, (watch, found) -> {}));
    }

    @Test
    void aDebuggedLoopTellsOfADescriptorThatWasClosedWhileWatched() throws Exception {
        Assumptions.assumeTrue(contender != Engine.RING, "a ring says so in the log by itself");
        List<String> reports = new java.util.concurrent.CopyOnWriteArrayList<>();
        loop.monitor().debug(reports::add);
        int[] ends = pairs.pair();
        int kept = pairs.owned(Descriptors.fcntl(ends[0], Descriptors.F_DUPFD_CLOEXEC, 0));
        Watch watch = loop.watch(ends[0], Interest.READ, (self, found) -> {});
        assertEquals(0, watch.enable());
        Pairs.write(ends[1], 1);
        loop.turn(0);
        assertEquals(List.of(), reports);
        pairs.close(ends[0]);
        // Not every mechanism reports a number that is closed; none reports it as if nothing had happened.
        loop.turn(0);
        loop.turn(0);
        assertTrue(reports.size() <= 1, reports.toString());
        assertTrue(reports.isEmpty() || reports.get(0).contains("descriptor " + ends[0] + " was closed"));
        if (contender == Engine.EPOLL_LEVEL) {
            assertEquals(1, reports.size());
        }
        watch.disable();
        assertTrue(kept >= 0);
    }

    /** Makes a watch and forgets it. */
    private void lose() {
        loop.watch(-1, 0, (watch, found) -> {});
    }
}

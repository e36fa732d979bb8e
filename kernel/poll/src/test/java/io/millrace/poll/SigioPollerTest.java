// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.ThreadSignals;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What only signals have: a queue that overflows, an owner, and a default action that ends the process. */
@Timeout(60)
class SigioPollerTest extends PollerCases {
    private static final int READ = Interest.READ;

    @BeforeEach
    void open() throws Exception {
        open(new Mode(PollerKind.SIGIO, true));
    }

    @Test
    void anOverflowOfTheQueueLosesNothing() {
        int many = 40;
        int[][] pairs = new int[many][];
        for (int i = 0; i < many; i++) {
            pairs[i] = pair();
            add(pairs[i][0], READ, i);
        }
        assertEquals(Map.of(), poll(0));
        SigioPoller sigio = (SigioPoller) poller;
        for (int round = 1; round <= 3; round++) {
            withPendingSignals(3, () -> {
                for (int[] pair : pairs) {
                    send(pair[1]);
                }
            });
            assertEquals(many, drain().size(), "round " + round);
            assertTrue(sigio.overflows() >= round, "overflows: " + sigio.overflows());
        }
    }

    @Test
    void aWakeupGetsThroughAFullQueue() {
        int[] a = pair();
        add(a[0], READ, 1);
        withPendingSignals(0, () -> {
            poller.wakeup();
            assertWoken();
        });
        poller.wakeup();
        assertWoken();
    }

    @Test
    void manySignalsForOneDescriptorAreOneEvent() {
        int[] a = pair();
        add(a[0], READ, 1);
        for (int i = 0; i < 50; i++) {
            send(a[1]);
        }
        assertEquals(Map.of(1L, READ), poll(SECOND));
        assertEquals(200, receive(a[0], 1000));
        assertEquals(Map.of(), poll(0));
    }

    @Test
    void aFileHasOneOwner() throws Exception {
        int[] a = pair();
        CountDownLatch armed = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        AtomicInteger result = new AtomicInteger(-1);
        Thread other = Thread.ofPlatform().start(() -> {
            try (Poller first = SigioPoller.open(8)) {
                result.set(first.add(a[0], READ | Interest.EDGE, 1));
                armed.countDown();
                over.await();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        armed.await();
        assertEquals(0, result.get());
        assertEquals(-Errno.EBUSY, poller.add(a[0], READ | Interest.EDGE, 1));
        over.countDown();
        other.join();
        add(a[0], READ, 1);
        send(a[1]);
        assertEquals(Map.of(1L, READ), poll(SECOND), "free again when the other poller is closed");
    }

    /** A loop is prepared by one thread and run by another. */
    @Test
    void whoeverCallsHasTheSignals() throws Exception {
        int[] a = pair();
        int[] b = pair();
        add(a[0], READ | Interest.EDGE, 1);
        add(b[0], READ | Interest.EDGE, 2);
        assertEquals(Map.of(), poll(0));
        send(a[1]);
        Map<Long, Integer> there = new HashMap<>();
        CountDownLatch moved = new CountDownLatch(1);
        Thread other = Thread.ofPlatform().start(() -> {
            there.putAll(poll(SECOND));
            moved.countDown();
            there.putAll(poll(20 * SECOND));
        });
        moved.await();
        send(b[1]);
        other.join();
        assertEquals(Map.of(1L, READ, 2L, READ), there);
        receive(a[0], 10);
        receive(b[0], 10);
        assertEquals(Map.of(), poll(0));
        poller.wakeup();
        assertWoken();
    }

    @Test
    void anotherPollerThatBeginsDiscardsNoSignal() throws Exception {
        int[] a = pair();
        add(a[0], READ, 1);
        assertEquals(Map.of(), poll(0));
        send(a[1]);
        Thread other = Thread.ofPlatform().start(() -> {
            try (Poller second = SigioPoller.open(8)) {
                second.poll(0, new Ready(8));
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        other.join();
        assertEquals(Map.of(1L, READ), poll(SECOND));
    }

    @Test
    void aSignalThatNobodyHoldsBackDoesNotEndTheProcess() throws Exception {
        poll(0);
        Thread other = Thread.ofPlatform().start(() -> {
            ThreadSignals.send(ThreadSignals.thread(), ThreadSignals.SIGIO);
            ThreadSignals.send(ThreadSignals.thread(), ThreadSignals.realTimeMinimum() + 7);
        });
        other.join();
    }

    private Map<Long, Integer> drain() {
        Map<Long, Integer> all = new HashMap<>();
        for (Map<Long, Integer> some = poll(SECOND); !some.isEmpty(); some = poll(0)) {
            all.putAll(some);
        }
        return all;
    }

    private static void withPendingSignals(int limit, Runnable task) {
        long[] old = new long[2];
        assertEquals(0, Descriptors.getrlimit(Descriptors.RLIMIT_SIGPENDING, old));
        assertEquals(0, Descriptors.setrlimit(Descriptors.RLIMIT_SIGPENDING, limit, old[1]));
        try {
            task.run();
        } finally {
            assertEquals(0, Descriptors.setrlimit(Descriptors.RLIMIT_SIGPENDING, old[0], old[1]));
        }
    }
}

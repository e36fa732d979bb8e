// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TimerHeapTest {
    private final TimerHeap timers = new TimerHeap();
    private final List<Integer> rung = new ArrayList<>();

    private final class TestTimer extends TimerNode {
        private final int number;

        TestTimer(int number) {
            this.number = number;
        }

        @Override
        protected void expire() {
            rung.add(number);
        }
    }

    @Test
    void ringsInOrderAndNotBeforeTheirTime() {
        for (int due : new int[] {50, 10, 40, 20, 30}) {
            timers.set(new TestTimer(due), due);
        }
        assertEquals(10, timers.next());
        assertEquals(2, timers.expireDue(29));
        assertEquals(List.of(10, 20), rung);
        assertEquals(30, timers.next());
        assertEquals(3, timers.expireDue(50));
        assertEquals(List.of(10, 20, 30, 40, 50), rung);
        assertEquals(Long.MAX_VALUE, timers.next());
    }

    @Test
    void cancelledOnesAreSilentAndMovedOnesRingOnce() {
        TestTimer cancelled = new TestTimer(1);
        TestTimer later = new TestTimer(2);
        TestTimer sooner = new TestTimer(3);
        timers.set(cancelled, 5);
        timers.set(later, 5);
        timers.set(sooner, 50);
        timers.cancel(cancelled);
        timers.cancel(cancelled);
        timers.set(later, 20);
        timers.set(sooner, 10);
        timers.expireDue(15);
        assertEquals(List.of(3), rung);
        timers.expireDue(100);
        assertEquals(List.of(3, 2), rung);
        assertEquals(0, timers.size());
    }

    @Test
    void oneThatSetsItselfForNowWaitsForTheNextTurn() {
        TimerNode eager = new TimerNode() {
            @Override
            protected void expire() {
                rung.add(0);
                timers.set(this, 0);
            }
        };
        timers.set(eager, 0);
        timers.expireDue(10);
        assertEquals(1, rung.size());
        timers.expireDue(10);
        assertEquals(2, rung.size());
    }

    @Test
    void randomOperationsAgreeWithASortedList() {
        Random random = new Random(42);
        List<TestTimer> set = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 20_000; i++) {
            int choice = random.nextInt(10);
            if (choice < 5) {
                TestTimer timer = new TestTimer(i);
                timers.set(timer, now + random.nextInt(1000));
                set.add(timer);
            } else if (choice < 7 && !set.isEmpty()) {
                timers.cancel(set.remove(random.nextInt(set.size())));
            } else if (choice < 9 && !set.isEmpty()) {
                timers.set(set.get(random.nextInt(set.size())), now + random.nextInt(1000));
            } else {
                now += random.nextInt(50);
                ringAndCompare(set, now);
            }
            assertEquals(set.size(), timers.size());
        }
        ringAndCompare(set, Long.MAX_VALUE);
        assertEquals(0, timers.size());
    }

    private void ringAndCompare(List<TestTimer> set, long now) {
        List<TestTimer> due = set.stream().filter(timer -> timer.due <= now).toList();
        List<Long> expected = due.stream()
                .map(timer -> timer.due)
                .sorted(Comparator.naturalOrder())
                .toList();
        rung.clear();
        timers.expireDue(now);
        assertEquals(expected.size(), rung.size());
        assertEquals(
                due.stream().map(timer -> timer.number).sorted().toList(),
                rung.stream().sorted().toList());
        List<Long> times = rung.stream()
                .map(number -> due.stream()
                        .filter(timer -> timer.number == number)
                        .findFirst()
                        .orElseThrow()
                        .due)
                .toList();
        assertEquals(expected, times);
        set.removeAll(due);
    }
}

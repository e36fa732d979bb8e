// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AlarmsTest {
    private final Alarms alarms = new Alarms();
    private final List<Integer> rung = new ArrayList<>();

    private final class Bell extends Alarm {
        private final int number;

        Bell(int number) {
            this.number = number;
        }

        @Override
        protected void ring() {
            rung.add(number);
        }
    }

    @Test
    void ringsInOrderAndNotBeforeTheirTime() {
        for (int due : new int[] {50, 10, 40, 20, 30}) {
            alarms.set(new Bell(due), due);
        }
        assertEquals(10, alarms.next());
        assertEquals(2, alarms.ring(29));
        assertEquals(List.of(10, 20), rung);
        assertEquals(30, alarms.next());
        assertEquals(3, alarms.ring(50));
        assertEquals(List.of(10, 20, 30, 40, 50), rung);
        assertEquals(Long.MAX_VALUE, alarms.next());
    }

    @Test
    void cancelledOnesAreSilentAndMovedOnesRingOnce() {
        Bell cancelled = new Bell(1);
        Bell later = new Bell(2);
        Bell sooner = new Bell(3);
        alarms.set(cancelled, 5);
        alarms.set(later, 5);
        alarms.set(sooner, 50);
        alarms.cancel(cancelled);
        alarms.cancel(cancelled);
        alarms.set(later, 20);
        alarms.set(sooner, 10);
        alarms.ring(15);
        assertEquals(List.of(3), rung);
        alarms.ring(100);
        assertEquals(List.of(3, 2), rung);
        assertEquals(0, alarms.size());
    }

    @Test
    void oneThatSetsItselfForNowWaitsForTheNextTurn() {
        Alarm eager = new Alarm() {
            @Override
            protected void ring() {
                rung.add(0);
                alarms.set(this, 0);
            }
        };
        alarms.set(eager, 0);
        alarms.ring(10);
        assertEquals(1, rung.size());
        alarms.ring(10);
        assertEquals(2, rung.size());
    }

    @Test
    void randomOperationsAgreeWithASortedList() {
        Random random = new Random(42);
        List<Bell> set = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 20_000; i++) {
            int choice = random.nextInt(10);
            if (choice < 5) {
                Bell bell = new Bell(i);
                alarms.set(bell, now + random.nextInt(1000));
                set.add(bell);
            } else if (choice < 7 && !set.isEmpty()) {
                alarms.cancel(set.remove(random.nextInt(set.size())));
            } else if (choice < 9 && !set.isEmpty()) {
                alarms.set(set.get(random.nextInt(set.size())), now + random.nextInt(1000));
            } else {
                now += random.nextInt(50);
                ringAndCompare(set, now);
            }
            assertEquals(set.size(), alarms.size());
        }
        ringAndCompare(set, Long.MAX_VALUE);
        assertEquals(0, alarms.size());
    }

    private void ringAndCompare(List<Bell> set, long now) {
        List<Bell> due = set.stream().filter(bell -> bell.due <= now).toList();
        List<Long> expected = due.stream()
                .map(bell -> bell.due)
                .sorted(Comparator.naturalOrder())
                .toList();
        rung.clear();
        alarms.ring(now);
        assertEquals(expected.size(), rung.size());
        assertEquals(
                due.stream().map(bell -> bell.number).sorted().toList(),
                rung.stream().sorted().toList());
        List<Long> times = rung.stream()
                .map(number -> due.stream()
                        .filter(bell -> bell.number == number)
                        .findFirst()
                        .orElseThrow()
                        .due)
                .toList();
        assertEquals(expected, times);
        set.removeAll(due);
    }
}

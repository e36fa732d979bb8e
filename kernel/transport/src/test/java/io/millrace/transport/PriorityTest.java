// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.DispatchLimit;
import io.millrace.loop.EventLoop;
import io.millrace.loop.RunEnd;
import io.millrace.loop.RunMode;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The order of what is called back. The names in brackets are those of libevent's regression suite. */
@Timeout(60)
@ParameterizedClass
@MethodSource("contenders")
class PriorityTest extends OverEveryDriver {
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
    }

    private Watch user(String name, int priority, Runnable also) {
        return loop.watch(-1, 0, (watch, found) -> {
                    told.add(name);
                    also.run();
                })
                .priority(priority);
    }

    /**
     * [priorities] events that come again and again: alone of their priority they share, else the urgent one comes
     * first.
     */
    @Test
    void theLessUrgentWaitUntilNothingMoreUrgentIsActive() {
        for (int priorities : new int[] {1, 2, 3}) {
            loop.priorities(priorities);
            told.clear();
            int[] counts = new int[2];
            for (int i = 0; i < 2; i++) {
                int number = i;
                loop.watch(-1, 0, (watch, found) -> {
                            if (++counts[number] < 3) {
                                watch.activate();
                            } else if (number == 0) {
                                loop.exit();
                            }
                        })
                        .priority(i * (priorities - 1))
                        .activate();
            }
            assertEquals(RunEnd.EXITED, loop.run(RunMode.UNTIL_EMPTY));
            assertEquals(3, counts[0]);
            assertEquals(priorities == 1 ? 3 : 0, counts[1]);
            loop.run(RunMode.UNTIL_EMPTY);
            assertEquals(3, counts[1]);
        }
    }

    /** [priority_active_inversion] */
    @Test
    void anEventThatIsMoreUrgentStopsTheQueue() {
        loop.priorities(8);
        Watch urgent = user("urgent", 0, () -> {});
        user("first", 4, urgent::activate).activate();
        user("second", 4, () -> {}).activate();
        loop.run(RunMode.UNTIL_EMPTY);
        assertEquals(List.of("first", "urgent", "second"), told);
    }

    @Test
    void prioritiesAreChecked() {
        assertEquals(0, user("only", 0, () -> {}).priority());
        assertThrows(IllegalArgumentException.class, () -> user("wrong", 1, () -> {}));
        assertThrows(IllegalArgumentException.class, () -> loop.priorities(0));
        loop.priorities(5);
        Watch usual = loop.watch(-1, 0, (watch, found) -> {});
        assertEquals(2, usual.priority());
        usual.activate();
        assertThrows(IllegalStateException.class, () -> usual.priority(1));
        assertThrows(IllegalStateException.class, () -> loop.priorities(3));
        loop.timer(() -> told.add("timer")).priority(4).set(Duration.ZERO);
        loop.run(RunMode.UNTIL_EMPTY);
        assertEquals(List.of("timer"), told);
    }

    /** [event_config_set_max_dispatch_interval] */
    @Test
    void aLimitLooksForUrgentEventsInBetween() {
        try (Pairs pairs = new Pairs()) {
            loop.priorities(2);
            loop.limit(new DispatchLimit(null, 3, 1));
            int[] ends = pairs.pair();
            Watch urgent = loop.watch(ends[0], Interest.READ, (watch, found) -> {
                        told.add("urgent");
                        Pairs.read(ends[0], 10);
                    })
                    .priority(0)
                    .once();
            assertEquals(0, urgent.enable());
            for (int i = 0; i < 5; i++) {
                int number = i;
                user("slow " + i, 1, () -> {
                            if (number == 0) {
                                Pairs.write(ends[1], 1);
                            }
                        })
                        .activate();
            }
            loop.run(RunMode.UNTIL_EMPTY);
            assertEquals(List.of("slow 0", "slow 1", "slow 2", "urgent", "slow 3", "slow 4"), told);
        }
    }

    @Test
    void aLimitOfTimeEndsEventsAndTasks() {
        loop.limit(new DispatchLimit(Duration.ofNanos(1), Integer.MAX_VALUE, 0));
        for (int i = 0; i < 3; i++) {
            user("event", 0, () -> {}).activate();
            loop.execute(() -> told.add("task"));
        }
        for (int i = 1; i <= 3; i++) {
            loop.turn(0);
            assertEquals(2 * i, told.size(), "one of each in a turn");
        }
        assertThrows(IllegalArgumentException.class, () -> new DispatchLimit(null, 0, 0));
    }

    /** [active_later] whoever activates himself lets the others come, and I/O as well. */
    @Test
    void eventsThatActivateEachOtherDoNotStarveIo() {
        try (Pairs pairs = new Pairs()) {
            int[] ends = pairs.pair();
            int[] counts = new int[4];
            for (int i = 0; i < 4; i++) {
                int number = i;
                Watch[] self = new Watch[1];
                self[0] = loop.watch(-1, 0, (watch, found) -> {
                    counts[number]++;
                    self[0].activate();
                });
                self[0].activate();
            }
            Watch reader = loop.watch(ends[0], Interest.READ, (watch, found) -> loop.exit());
            assertEquals(0, reader.enable());
            for (int turn = 0; turn < 100; turn++) {
                loop.turn(0);
            }
            Pairs.write(ends[1], 1);
            assertEquals(RunEnd.EXITED, loop.run(RunMode.UNTIL_STOPPED));
            for (int count : counts) {
                assertTrue(count >= 100, "one starved: " + count);
            }
        }
    }

    /** [active_by_fd] */
    @Test
    void aDescriptorCanBeActivatedByNumber() {
        try (Pairs pairs = new Pairs()) {
            int[] ends = pairs.pair();
            Watch reader = loop.watch(ends[0], Interest.READ, (watch, found) -> told.add("reader " + found));
            assertEquals(0, reader.enable());
            loop.activate(ends[0], Interest.READ);
            loop.activate(ends[0], Interest.PRIORITY);
            loop.activate(ends[1], Interest.READ);
            loop.activate(-1, Interest.READ);
            loop.activate(Integer.MAX_VALUE, Interest.READ);
            loop.turn(0);
            assertEquals(List.of("reader " + Interest.READ), told);
        }
    }
}

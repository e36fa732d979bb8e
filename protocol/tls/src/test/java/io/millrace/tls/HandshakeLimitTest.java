// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

final class HandshakeLimitTest {
    private final Queue<Runnable> started = new ArrayDeque<>();
    private final List<Integer> done = new ArrayList<>();

    private void execute(HandshakeLimit limit, int count) {
        for (int i = 0; i < count; i++) {
            int number = done.size() + started.size() + limit.waiting();
            limit.execute(() -> done.add(number));
        }
    }

    @Test
    void soManyRunAndTheOthersFollowInTheirOrder() {
        HandshakeLimit limit = new HandshakeLimit(started::add, 2);
        execute(limit, 5);
        assertEquals(2, started.size());
        assertEquals(3, limit.waiting());
        while (!started.isEmpty()) {
            started.remove().run();
        }
        assertEquals(List.of(0, 1, 2, 3, 4), done);
        execute(limit, 3);
        assertEquals(2, started.size(), "the places are free again");
    }

    @Test
    void aTaskThatFailsMakesRoomForTheNext() {
        HandshakeLimit limit = new HandshakeLimit(started::add, 1);
        limit.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        limit.execute(() -> done.add(1));
        assertThrows(IllegalStateException.class, started.remove()::run);
        started.remove().run();
        assertEquals(List.of(1), done);
    }

    @Test
    void anExecutorThatRefusesLosesNoPlace() {
        boolean[] refuses = {true};
        HandshakeLimit limit = new HandshakeLimit(
                task -> {
                    if (refuses[0]) {
                        throw new RejectedExecutionException("on purpose");
                    }
                    task.run();
                },
                1);
        assertThrows(RejectedExecutionException.class, () -> limit.execute(() -> done.add(0)));
        refuses[0] = false;
        limit.execute(() -> done.add(1));
        assertEquals(List.of(1), done);
    }
}

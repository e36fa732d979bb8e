// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.millrace.loop.EventLoop;
import io.millrace.loop.RunMode;
import io.millrace.testkit.SimKernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link EventLoop#current}: the loop of the calling thread. */
@Timeout(60)
final class CurrentLoopTest {
    private final List<EventLoop> seen = new ArrayList<>();
    private EventLoop loop;
    private EventLoop other;

    @BeforeEach
    void open() throws Exception {
        loop = new EventLoop(SimKernel.calm(1), "one", Engine.READINESS);
        other = new EventLoop(SimKernel.calm(2), "other", Engine.READINESS);
    }

    @AfterEach
    void close() {
        loop.close();
        other.close();
        assertNull(EventLoop.current());
    }

    @Test
    void aTaskSeesItsLoopAndNothingElseDoes() {
        loop.execute(() -> seen.add(EventLoop.current()));
        assertNull(EventLoop.current());
        loop.turn(0);
        assertNull(EventLoop.current());
        loop.execute(() -> seen.add(EventLoop.current()));
        loop.run(RunMode.NOW);
        assertNull(EventLoop.current());
        assertEquals(List.of(loop, loop), seen);
    }

    @Test
    void aLoopThatRunsWithinAnotherIsTheCurrentOneMeanwhile() {
        other.execute(() -> seen.add(EventLoop.current()));
        loop.execute(() -> {
            seen.add(EventLoop.current());
            other.turn(0);
            seen.add(EventLoop.current());
        });
        loop.turn(0);
        assertEquals(List.of(loop, other, loop), seen);
    }

    @Test
    void whatIsRunAtTheEndSeesItsLoop() {
        loop.execute(() -> seen.add(EventLoop.current()));
        loop.attach(() -> seen.add(EventLoop.current()));
        loop.close();
        assertEquals(List.of(loop, loop), seen);
    }

    @Test
    void aThreadThatATaskStartsHasNone() throws Exception {
        CompletableFuture<EventLoop[]> found = new CompletableFuture<>();
        loop.execute(() -> {
            EventLoop here = EventLoop.current();
            Thread.ofVirtual().start(() -> found.complete(new EventLoop[] {here, EventLoop.current()}));
        });
        loop.turn(0); // a loop on a thread of its own would spin: the simulated kernel never waits
        EventLoop[] both = found.get(30, TimeUnit.SECONDS);
        assertSame(loop, both[0]);
        assertNull(both[1], Arrays.toString(both));
    }
}

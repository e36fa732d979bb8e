// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.SimClient;
import io.millrace.testkit.SimKernel;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What all connections of a loop hold together is bounded, and whoever reads is served all the same. */
@Timeout(120)
@ExpectedLog("connections that do not read hold too much memory")
class HeapLimitTest {
    private static final int PORT = 80;
    private static final int ANSWER = 16 * 1024;
    private static final long LIMIT = 1 << 20;
    private static final int MOST_TURNS = 100_000;

    private final Map<CloseCause, Integer> causes = new EnumMap<>(CloseCause.class);
    private final SimKernel kernel = SimKernel.calm(1);
    private final HeapLimit heap = new HeapLimit(LIMIT);

    /** Answers each byte with an array of its own, as long as the link takes them: as HTTP/1.1 does with requests. */
    private final class Answering implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            while (!in.isEmpty() && link.writable()) {
                in.consume(1);
                link.out().appendLatin1("head");
                link.transfer(new byte[ANSWER], 0, ANSWER);
            }
            link.flush();
            if (!in.isEmpty()) {
                link.pause(true);
            }
        }

        @Override
        public void drained(Link link) {
            link.pause(false);
        }

        @Override
        public void closed(CloseCause why) {
            causes.merge(why, 1, Integer::sum);
        }
    }

    /** Asks for many answers at once and reads none. */
    private static final class Silent extends SimClient {
        private final int requests;

        Silent(int requests) {
            super(new Random(1));
            this.requests = requests;
        }

        @Override
        protected boolean step() {
            if (connection != null) {
                return false;
            }
            connect(PORT);
            connection.send(new byte[requests], 0, requests);
            return true;
        }

        @Override
        protected boolean done() {
            return connection != null && connection.accepted();
        }
    }

    /** Asks for one answer after the other and reads each. */
    private static final class Reading extends SimClient {
        private final byte[] bytes = new byte[ANSWER];
        private int left;
        private int answers = 200;
        private boolean brokenOff;

        Reading() {
            super(new Random(2));
        }

        @Override
        protected boolean step() {
            if (connection == null) {
                connect(PORT);
            }
            if (left == 0) {
                left = ANSWER + 4;
                connection.send(bytes, 0, 1);
                return true;
            }
            int n = connection.read(bytes, 0, bytes.length);
            brokenOff |= n < 0;
            left -= Math.max(0, n);
            answers -= left == 0 ? 1 : 0;
            return n > 0;
        }

        @Override
        protected boolean done() {
            return answers <= 0 || brokenOff;
        }
    }

    private EventLoop loop() throws Exception {
        EventLoop loop = new EventLoop(kernel, "simulated", Engine.READINESS.with(heap));
        Connections.of(loop).listen(ListenOptions.on(new InetSocketAddress("127.0.0.1", PORT)), () -> Answering::new);
        loop.turn(1);
        return loop;
    }

    /** Turns until the client has had all its answers. */
    private void serve(EventLoop loop, Reading client) {
        for (int turns = 0; !client.done(); turns++) {
            assertTrue(turns < MOST_TURNS, "no end in sight");
            loop.turn(Long.MAX_VALUE);
            assertTrue(heap.held() <= LIMIT, heap.held() + " bytes are held");
        }
    }

    @Test
    void whoDoesNotReadIsEndedBeforeTheLimitIsPassedAndWhoReadsIsServed() throws Exception {
        List<Silent> silent = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            silent.add(new Silent(250));
            kernel.add(silent.getLast());
        }
        Reading reading = new Reading();
        kernel.add(reading);
        EventLoop loop = loop();
        serve(loop, reading);
        assertFalse(reading.brokenOff, "a client that reads was ended");
        assertEquals(0, reading.answers);
        assertTrue(heap.ended() > 0, "nobody was ended, so the limit was not tried");
        assertEquals(Map.of(CloseCause.MEMORY_PRESSURE, (int) heap.ended()), causes);
        loop.close();
        assertEquals(0, heap.held(), "everything is given back");
    }

    /** Half of the limit and more: whoever has not taken his answer gets no second one, and nobody is ended. */
    @Test
    void whenMemoryIsShortOneAnswerAtATimeIsBegun() throws Exception {
        heap.add(LIMIT / 2 + 1);
        kernel.add(new Silent(250));
        Reading reading = new Reading();
        kernel.add(reading);
        EventLoop loop = loop();
        serve(loop, reading);
        long most =
                Driver.of(loop).all().stream().mapToLong(c -> c.counted).max().orElse(0);
        assertTrue(most > 0 && most < 2 * ANSWER, "one connection holds " + most);
        assertEquals(Map.of(), causes);
        loop.close();
    }

    @Test
    void asManyAnswersAsTheMarkAllowsAreBegunOtherwise() throws Exception {
        kernel.add(new Silent(250));
        Reading reading = new Reading();
        kernel.add(reading);
        EventLoop loop = loop();
        serve(loop, reading);
        long most =
                Driver.of(loop).all().stream().mapToLong(c -> c.counted).max().orElse(0);
        assertTrue(most > 8 * ANSWER && most <= Budget.USUAL.high() + 3 * ANSWER, "holds " + most);
        loop.close();
    }

    /** What a task appends is counted before its connection is served, for hundreds of tasks may come before. */
    @Test
    void whatTasksAppendIsCountedAtOnce() throws Exception {
        kernel.add(new Silent(1));
        EventLoop loop = loop();
        while (Driver.of(loop).all().isEmpty()) {
            loop.turn(Long.MAX_VALUE);
        }
        Connection connection = Driver.of(loop).all().getFirst();
        long before = heap.held();
        connection.transfer(new byte[5 * ANSWER], 0, 5 * ANSWER);
        connection.flush();
        assertTrue(heap.held() >= before + 5 * ANSWER, heap + " after " + before);
        loop.close();
    }

    /** Keeps what it receives, as HTTP/2 does with bodies that no handler has taken yet. */
    private final class Keeping implements Protocol {
        private long kept;

        @Override
        public void receive(Buffer in, Link link) {
            kept += in.readable();
            in.clear();
        }

        @Override
        public long heldBytes() {
            return kept;
        }

        @Override
        public void closed(CloseCause why) {
            causes.merge(why, 1, Integer::sum);
        }
    }

    @Test
    void whatProtocolsHoldCounts() throws Exception {
        List<Silent> silent = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            silent.add(new Silent(20_000));
            kernel.add(silent.getLast());
        }
        EventLoop loop = new EventLoop(kernel, "simulated", Engine.READINESS.with(heap));
        Connections.of(loop).listen(ListenOptions.on(new InetSocketAddress("127.0.0.1", PORT)), () -> Keeping::new);
        for (int turns = 0; heap.ended() == 0; turns++) {
            assertTrue(turns < MOST_TURNS, "nobody is ended: " + heap);
            loop.turn(1_000_000);
            assertTrue(heap.held() <= LIMIT, heap.held() + " bytes are held");
        }
        assertEquals(Map.of(CloseCause.MEMORY_PRESSURE, (int) heap.ended()), causes);
        loop.close();
        assertEquals(0, heap.held(), "everything is given back");
    }

    @Test
    void theUsualLimitIsAPartOfTheHeap() {
        assertEquals(Runtime.getRuntime().maxMemory() / 4, HeapLimit.usual());
        assertThrows(IllegalArgumentException.class, () -> new HeapLimit(0));
    }
}

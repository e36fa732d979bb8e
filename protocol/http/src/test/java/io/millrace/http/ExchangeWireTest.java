// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an exchange asks of a wire format, beside what it promises to handlers ({@link ExchangeContract}). */
@Timeout(60)
class ExchangeWireTest {
    private final List<String> log = new ArrayList<>();

    private TestWire wire(Handler handler) {
        return new TestWire(HttpContext.of(handler).withLog(new ExchangeLog() {
            @Override
            public void completed(Request request, int status, long bytes, long nanos) {
                log.add((request == null ? "-" : request.target()) + " " + status + " " + bytes);
            }

            @Override
            public void brokenOff(Request request, int status, long bytes, long nanos) {
                log.add(request.target() + " broken off " + status + " " + bytes);
            }

            @Override
            public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
                log.add("unreadable " + status);
            }
        }));
    }

    /** Every place where a handler may run: what it says is the same. */
    static List<Dispatch> places() {
        return List.of(Dispatch.INLINE, Dispatch.VIRTUAL, Dispatch.on(POOL));
    }

    private static final Executor POOL = new Executor() {
        private final ExecutorService threads =
                Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory());

        @Override
        public void execute(Runnable task) {
            threads.execute(task);
        }

        @Override
        public String toString() {
            return "a pool";
        }
    };

    private static Handler at(Dispatch place, Handler handler) {
        return place.isInline() ? handler : Route.on(place, handler);
    }

    // ---- requests

    // ---- executors

    // ---- what has come of it

    // ---- whole answers

    @Test
    void anExchangeAnsweredOnTheLoopServesTheNext() {
        Set<Integer> exchanges = new TreeSet<>();
        TestWire wire = wire((request, response) -> {
            exchanges.add(System.identityHashCode(request.body()));
            response.send(request.path());
        });
        for (int i = 0; i < 100; i++) {
            wire.ask("GET", "/" + i);
        }
        assertEquals(100, wire.answered());
        assertEquals(100, log.size());
        // As many as are given out in turn, and no more.
        assertEquals(Handles.ROTATION, exchanges.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {204, 205, 304})
    void statusesWithoutContentHaveNone(int status) {
        TestWire wire = wire((request, response) -> response.status(status).send("text"));
        wire.ask("GET", "/");
        int length = status == 205 ? 0 : 4;
        assertEquals(
                List.of("head " + status + " length " + length + " Content-Type=text/plain; charset=utf-8", "end"),
                wire.written);
    }

    @ParameterizedTest
    @MethodSource("places")
    void aLargeAnswerWaitsForRoom(Dispatch place) {
        byte[] large = new byte[200_000];
        Arrays.fill(large, (byte) 'x');
        TestWire wire = wire(at(place, (request, response) -> response.send(large)));
        wire.full().ask("GET", "/").runUntil(() -> wire.written.size() >= 2);
        assertEquals(List.of("head 200 length 200000"), wire.written.subList(0, 1));
        int before = wire.content().length();
        assertTrue(before < large.length, before + " bytes without room");
        assertEquals(List.of(), log);
        wire.drain();
        assertEquals(large.length, wire.content().length());
        assertEquals(List.of("/ 200 200000"), log);
    }

    // ---- tunnels

    private record Successor(String name) implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {}
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelTakesOver(Dispatch place) {
        TestWire wire = wire(at(
                place, (request, response) -> response.header("A", "b").upgrade("dumb", () -> new Successor("next"))));
        wire.mayTunnel().ask("GET", "/").runUntilOver();
        assertEquals(List.of("tunnel dumb A=b to Successor[name=next]"), wire.written);
        assertEquals(1, wire.answered());
        assertEquals(List.of("/ 200 0"), log);
    }

    // ---- streams

    @Test
    void aStreamOnTheLoopIsToldWhenToGoOn() {
        AtomicReference<ResponseStream> stream = new AtomicReference<>();
        List<String> told = new ArrayList<>();
        TestWire wire = wire((request, response) -> {
            stream.set(response.defer().stream());
            stream.get().onWritable(() -> told.add("go on"));
        });
        wire.ask("GET", "/").full();
        wire.onLoop(() -> assertFalse(stream.get().writable()));
        assertEquals(List.of(), told);
        wire.drain();
        assertEquals(List.of("go on"), told);
        wire.onLoop(() -> assertTrue(stream.get().writable()));
    }

    @Test
    void aStreamElsewhereWaitsForRoom() {
        AtomicLong count = new AtomicLong();
        TestWire wire = wire(Route.virtual((request, response) -> {
            try (ResponseStream stream = response.stream()) {
                for (int i = 0; i < 100; i++) {
                    stream.write(new byte[10_000]);
                    count.addAndGet(10_000);
                }
            }
        }));
        wire.full().ask("GET", "/").runUntil(() -> wire.content().length() > 200_000);
        for (int i = 0; i < 50; i++) {
            wire.onLoop(() -> {});
        }
        assertTrue(count.get() < 400_000, count + " bytes written without room");
        wire.drain().runUntilOver();
        assertEquals(1_000_000, wire.content().length());
    }

    // ---- bodies

    @Test
    void aBodyIsWantedByItsReaderAlone() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        TestWire wire = wire((request, response) -> {
            response.defer();
            body.set(request.body());
            assertEquals(9, body.get().length());
        });
        wire.ask(9, "POST", "/");
        assertFalse(wire.data("abc"));
        wire.onLoop(() -> body.get().read(new Recorder(seen)));
        assertTrue(wire.data("abc"));
        wire.onLoop(() -> body.get().pause(true));
        assertFalse(wire.data("def"));
        ContractBase.elsewhere(() -> body.get().pause(false));
        wire.runUntil(wire::wantsBody);
        assertTrue(wire.data("def"));
        assertTrue(wire.data("ghi"));
        wire.end();
        assertEquals(List.of("abc", "def", "ghi", "end"), seen);
    }

    @Test
    void aBodyComesAsItIsAskedFor() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        TestWire wire = wire((request, response) -> {
            body.set(request.body());
            body.get().read(new Recorder(seen), 1);
        });
        wire.ask(9, "POST", "/");
        assertTrue(wire.data("abc"));
        assertFalse(wire.data("def"));
        ContractBase.elsewhere(() -> body.get().request(2));
        wire.runUntil(wire::wantsBody);
        wire.onLoop(() -> body.get().pause(true));
        assertFalse(wire.data("def"));
        wire.onLoop(() -> body.get().pause(false));
        assertTrue(wire.data("def"));
        assertTrue(wire.data("ghi"));
        assertFalse(wire.wantsBody());
        wire.end(); // needs no demand
        assertEquals(List.of("abc", "def", "ghi", "end"), seen);
        wire.onLoop(() ->
                assertThrows(IllegalArgumentException.class, () -> body.get().request(0)));
    }

    @Test
    void demandHasNoEndWhereAllIsAskedFor() {
        List<String> seen = new ArrayList<>();
        AtomicReference<RequestBody> body = new AtomicReference<>();
        TestWire wire = wire((request, response) -> {
            body.set(request.body());
            body.get().read(new Recorder(seen), 0);
        });
        wire.ask(-1, "POST", "/");
        assertFalse(wire.wantsBody());
        wire.onLoop(() -> {
            body.get().request(Long.MAX_VALUE);
            body.get().request(Long.MAX_VALUE);
        });
        for (int i = 0; i < 100; i++) {
            assertTrue(wire.data("x"));
        }
        assertEquals(100, seen.size());
    }

    @Test
    void aBodyIsCollectedUpToItsLimit() {
        TestWire wire = wire((request, response) -> request.body().collect(5, response::send));
        wire.ask(-1, "POST", "/fits").data("abc");
        wire.data("de");
        wire.end();
        assertEquals(List.of("head 200 length 5", "body abcde", "end"), wire.written);
        wire.ask(-1, "POST", "/large").data("abc");
        wire.data("def");
        assertEquals(List.of("/fits 200 5", "/large 413 22"), log);
        assertFalse(wire.wantsBody());
    }

    @Test
    void aReaderHearsOfABadBody() {
        List<String> seen = new ArrayList<>();
        TestWire wire = wire((request, response) -> request.body().read(new Recorder(seen)));
        wire.ask(9, "POST", "/").data("abc");
        wire.bad(408);
        assertEquals(List.of("abc", "failed 408 Request Timeout"), seen);
        assertEquals("head 408 length 20 Content-Type=text/plain; charset=utf-8", wire.written.getFirst());
    }

    @Test
    void aBadRequestInTheMiddleOfItsAnswerEndsTheConnection() {
        TestWire wire = wire((request, response) -> {
            ResponseStream stream = response.defer().stream();
            stream.write("half");
            stream.flush();
        });
        wire.ask(9, "POST", "/").bad(400);
        assertEquals(List.of("head 200 length -1", "body half", "cut"), wire.written);
        assertEquals(List.of("/ broken off 200 4"), log);
    }

    // ---- tools

    /** Writes down what it is told. */
    private record Recorder(List<String> seen) implements RequestBody.Reader {
        @Override
        public void data(byte[] bytes, int offset, int length) {
            seen.add(Ascii.string(bytes, offset, length));
        }

        @Override
        public void end() {
            seen.add("end");
        }

        @Override
        public void failed(IOException why) {
            seen.add("failed " + why.getMessage());
        }
    }
}

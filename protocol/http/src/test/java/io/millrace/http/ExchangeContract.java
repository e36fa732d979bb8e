// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.testkit.ExpectedLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an exchange promises to handlers, in every place where they may run: here about streams, bodies and tunnels, and
 * all that {@link AnswerContract} says. Each wire format extends this class, so that all of them are held to the same.
 */
@Timeout(60)
public abstract class ExchangeContract extends AnswerContract {
    @ParameterizedTest
    @MethodSource("places")
    void aStreamIsGatheredAndFlushed(Dispatch place) {
        ContractWire wire = wire(at(place, (request, response) -> {
            ResponseStream stream = response.header("A", "b").stream();
            stream.write("one");
            stream.write("two");
            stream.flush();
            stream.write("three");
            stream.trailer("T", "t");
            stream.close();
        }));
        wire.ask("GET", "/").runUntilOver();
        assertEquals(List.of("head 200 length -1 a=b", "body onetwothree", "end t=t"), wire.written());
        assertLog(wire, List.of("/ 200 11"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void aStreamKeepsItsLength(Dispatch place) {
        for (String text : List.of("exact", "too much", "less")) {
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            ContractWire wire = wire(at(place, (request, response) -> {
                try (ResponseStream stream = response.stream(5)) {
                    stream.write(text);
                } catch (IOException e) {
                    thrown.set(e);
                }
            }));
            wire.ask("GET", "/").runUntilOver();
            if (text.equals("exact")) {
                assertEquals(List.of("head 200 length 5", "body exact", "end"), wire.written());
            } else {
                assertEquals(List.of("cut"), wire.written());
                wire.runUntil(() -> thrown.get() != null);
                assertInstanceOf(IOException.class, thrown.get());
            }
        }
    }

    @Test
    void aStreamHearsThatTheConnectionHasEnded() {
        List<String> told = new ArrayList<>();
        AtomicReference<ResponseStream> stream = new AtomicReference<>();
        ContractWire wire = wire((request, response) -> {
            stream.set(response.defer().stream());
            stream.get().onAborted(() -> told.add("aborted"));
            response.onComplete(() -> told.add("complete " + response.bytesSent()));
            stream.get().write("x");
            stream.get().flush();
        });
        wire.ask("GET", "/").reset();
        assertEquals(List.of("aborted", "complete 1"), told);
        assertLog(wire, List.of("/ broken off 200 1"));
        wire.onLoop(() -> assertThrows(IOException.class, () -> stream.get().write("y")));
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("the answer to ")
    void theOutcomeIsTold(Dispatch place) {
        List<Response.Outcome> outcomes = new ArrayList<>();
        ContractWire wire = wire(at(place, (request, response) -> {
            response.onComplete(outcomes::add);
            switch (request.path()) {
                case "/good" -> response.status(201).send("four");
                case "/refused" -> throw new HttpException(409, "no");
                case "/bad" -> throw new IOException("broken");
                default -> response.abort();
            }
        }));
        wire.ask("GET", "/good").runUntilOver();
        wire.ask("GET", "/refused").runUntilOver();
        wire.ask("GET", "/bad").runUntilOver();
        wire.ask("GET", "/cut").runUntilOver();
        assertEquals(
                List.of("COMPLETE 201 4", "COMPLETE 409 7", "FAILED 500 26", "ABORTED 0 0"),
                outcomes.stream()
                        .map(outcome -> outcome.result() + " " + outcome.status() + " " + outcome.bytes())
                        .toList());
        assertTrue(outcomes.stream().allMatch(outcome -> outcome.nanos() >= 0));
    }

    @ParameterizedTest
    @MethodSource("places")
    void aLargeAnswerWaitsForRoom(Dispatch place) {
        byte[] large = Ascii.bytes("x".repeat(200_000));
        ContractWire wire = wire(at(place, (request, response) -> response.send(large)));
        wire.full().ask("GET", "/");
        assertTrue(wire.content().length() < large.length, "all of it without room");
        wire.drain().runUntilOver();
        assertEquals(large.length, wire.content().length());
        assertLog(wire, List.of("/ 200 200000"));
    }

    @Test
    void aStreamElsewhereWaitsForRoom() {
        AtomicLong count = new AtomicLong();
        ContractWire wire = wire(Route.virtual((request, response) -> {
            try (ResponseStream stream = response.stream()) {
                for (int i = 0; i < 100; i++) {
                    stream.write(new byte[10_000]);
                    count.addAndGet(10_000);
                }
            }
        }));
        wire.full().ask("GET", "/").runUntil(() -> count.get() > 0);
        for (int i = 0; i < 50; i++) {
            wire.onLoop(() -> {});
        }
        assertTrue(count.get() < 1_000_000, "all of it without room");
        wire.drain().runUntilOver();
        assertEquals(1_000_000, wire.content().length());
    }

    @Test
    void aStreamOnTheLoopIsToldWhenToGoOn() {
        AtomicReference<ResponseStream> stream = new AtomicReference<>();
        List<String> told = new ArrayList<>();
        ContractWire wire = wire((request, response) -> {
            stream.set(response.defer().stream());
            stream.get().onWritable(() -> told.add("go on"));
        });
        wire.full().ask("GET", "/");
        wire.onLoop(() -> fill(stream.get()));
        assertEquals(List.of(), told);
        wire.drain().runUntil(() -> !told.isEmpty());
        assertEquals("go on", told.getFirst());
        wire.onLoop(() -> assertTrue(stream.get().writable()));
    }

    private static void fill(ResponseStream stream) {
        try {
            while (stream.writable()) {
                stream.write(new byte[10_000]);
                stream.flush();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    // ---- bodies

    @ParameterizedTest
    @MethodSource("places")
    void aBodyIsCollectedUpToItsLimit(Dispatch place) {
        ContractWire wire = wire(at(place, (request, response) -> {
            response.defer();
            request.body().collect(5, response::send);
        }));
        wire.ask(-1, "POST", "/fits").data("abc").data("de").end().runUntilOver();
        assertEquals(List.of("head 200 length 5", "body abcde", "end"), wire.written());
        ContractWire other = wire(at(place, (request, response) -> {
            response.defer();
            request.body().collect(5, response::send);
        }));
        other.ask(-1, "POST", "/large").data("abc").data("def").runUntilOver();
        assertTrue(
                other.written().getFirst().startsWith("head 413 "),
                other.written().toString());
        assertLog(other, List.of("/fits 200 5", "/large 413 22"));
    }

    @Test
    void aBodyIsReadByThoseWhoWait() {
        ContractWire wire = wire(Route.virtual(
                (request, response) -> response.send(request.body().bytes(10))));
        wire.ask(-1, "POST", "/").data("abc").data("def").end().runUntilOver();
        assertEquals("abcdef", wire.content());
    }

    /** More than a pipe between threads holds, and than windows let through at once. */
    @Test
    void aLargeBodyIsReadByThoseWhoWait() {
        ContractWire wire = wire(Route.virtual(
                (request, response) -> response.send("" + request.body().bytes(1 << 20).length)));
        wire.ask(-1, "POST", "/");
        for (int i = 0; i < 50; i++) {
            wire.data("x".repeat(10_000));
        }
        wire.end().runUntilOver();
        assertEquals("500000", wire.content());
    }

    @Test
    void aBodyComesAsItIsAskedFor() {
        AtomicReference<RequestBody> body = new AtomicReference<>();
        List<String> seen = new ArrayList<>();
        ContractWire wire = wire((request, response) -> {
            body.set(request.body());
            body.get().read(new Recorder(seen), 1);
        });
        wire.ask(9, "POST", "/").data("abc").data("def");
        assertEquals(List.of("abc"), seen);
        elsewhere(() -> body.get().request(2));
        wire.runUntil(() -> seen.equals(List.of("abcdef")));
        wire.onLoop(() -> body.get().pause(true)).data("ghi");
        assertEquals(List.of("abcdef"), seen);
        wire.onLoop(() -> body.get().pause(false)).end();
        wire.runUntil(() -> seen.size() > 1); // the end needs no demand
        assertEquals(List.of("abcdefghi", "end"), seen);
    }

    @Test
    void aReaderHearsThatItsRequestIsBrokenOff() {
        List<String> seen = new ArrayList<>();
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        CountDownLatch reading = new CountDownLatch(1);
        ContractWire wire = wire((request, response) -> request.body().read(new Recorder(seen)));
        wire.ask(9, "POST", "/").reset();
        assertEquals(List.of("failed the connection has ended"), seen);
        ContractWire other = wire(Route.virtual((request, response) -> {
            try {
                reading.countDown();
                request.body().bytes(10);
            } catch (IOException e) {
                thrown.set(e);
            }
        }));
        other.ask(9, "POST", "/")
                .runUntil(() -> reading.getCount() == 0)
                .data("x")
                .reset();
        other.runUntil(() -> thrown.get() != null);
        assertInstanceOf(IOException.class, thrown.get());
    }

    // ---- tunnels

    private record Successor(AtomicBoolean made) implements Protocol {
        Successor {
            made.set(true);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.clear();
        }
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelTakesOver(Dispatch place) {
        AtomicBoolean made = new AtomicBoolean();
        ContractWire wire = wire(at(place, (request, response) -> response.upgrade("dumb", () -> new Successor(made))));
        wire.askTunnel("dumb").runUntil(wire::hasTunnel).runUntil(() -> !log.isEmpty());
        assertTrue(made.get());
        assertEquals(1, log.size());
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelMayBeDugLaterByAnyThread(Dispatch place) {
        AtomicReference<Response> later = new AtomicReference<>();
        AtomicBoolean made = new AtomicBoolean();
        ContractWire wire = wire(at(place, (request, response) -> later.set(response.defer())));
        wire.askTunnel("dumb").runUntil(() -> later.get() != null);
        elsewhere(() -> later.get().upgrade("dumb", () -> new Successor(made)));
        wire.runUntil(wire::hasTunnel);
        assertTrue(made.get());
    }

    @ParameterizedTest
    @MethodSource("places")
    void aTunnelThatTheClientDoesNotTakeIsRefused(Dispatch place) {
        AtomicBoolean made = new AtomicBoolean();
        ContractWire wire = wire(at(place, (request, response) -> {
            assertThrows(IllegalStateException.class, () -> response.upgrade("dumb", () -> new Successor(made)));
            response.send(new byte[0]);
        }));
        wire.ask("GET", "/").runUntilOver();
        assertEquals(List.of("head 200 length 0", "end"), wire.written());
        assertFalse(made.get());
    }

    @ParameterizedTest
    @MethodSource("places")
    @ExpectedLog("failed")
    @ExpectedLog("the answer to ")
    void aTunnelThatLeadsNowhereIs500(Dispatch place) {
        ContractWire wire = wire(at(place, (request, response) -> response.upgrade("dumb", () -> null)));
        wire.askTunnel("dumb").runUntilOver();
        assertTrue(
                wire.written().getFirst().startsWith("head 500 "),
                wire.written().toString());
        assertFalse(wire.hasTunnel());
    }
}

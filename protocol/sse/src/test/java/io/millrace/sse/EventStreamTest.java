// SPDX-License-Identifier: Apache-2.0
package io.millrace.sse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.SlowConsumer;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.Limits;
import io.millrace.http1.Http1Factory;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.testkit.TransferCounter;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Server-sent events over HTTP/1.1, on byte arrays. */
final class EventStreamTest {
    private static final String GET = "GET /events HTTP/1.1\r\nHost: a\r\n";

    private final List<EventStream> streams = new ArrayList<>();
    private final List<TransferCounter> counters = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private final Handler handler = (request, response) -> {
        EventStream events = EventStream.open(request, response);
        told.add("last " + events.lastEventId());
        events.onClosed(() -> told.add("closed"));
        streams.add(events);
    };

    private MemoryLink fresh() {
        FakeClock clock = new FakeClock();
        counters.add(new TransferCounter(
                new Http1Factory(handler, Limits.DEFAULT, ExchangeLog.NONE, clock, "test").create()));
        return new MemoryLink(counters.getLast(), clock);
    }

    private MemoryLink open() {
        MemoryLink link = fresh();
        link.feed(GET + "\r\n");
        String head = link.take();
        assertTrue(head.startsWith("HTTP/1.1 200 "), head);
        assertTrue(head.contains("Content-Type: text/event-stream\r\n"), head);
        assertTrue(head.contains("Cache-Control: no-store\r\n"), head);
        assertTrue(head.endsWith("\r\n\r\n"), head);
        return link;
    }

    private static String chunk(String data) {
        return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    @Test
    void theHeadLeavesAtOnceAndEachEventAsItIsSent() throws IOException {
        MemoryLink link = open();
        streams.getFirst().send("hello");
        assertEquals(chunk("data: hello\n\n"), link.run().take());
        streams.getFirst()
                .send(ServerSentEvent.of("a\nb\r\nc\rd\n")
                        .withId("7")
                        .withName("news")
                        .withRetry(Duration.ofSeconds(3)));
        assertEquals(
                chunk("id: 7\nevent: news\nretry: 3000\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"),
                link.run().take());
        streams.getFirst().comment("seen\nby none");
        assertEquals(chunk(": seen\n: by none\n\n"), link.run().take());
        streams.getFirst().close();
        assertEquals("0\r\n\r\n", link.run().take());
        assertFalse(streams.getFirst().isOpen());
        assertEquals(List.of("last null"), told);
    }

    @Test
    void whatWouldBreakAnEventIsRefused() {
        for (String wrong : new String[] {"a\nb", "a\rb", "a\0b"}) {
            assertThrows(
                    IllegalArgumentException.class, () -> ServerSentEvent.of("").withId(wrong));
            assertThrows(
                    IllegalArgumentException.class, () -> ServerSentEvent.of("").withName(wrong));
        }
        assertThrows(
                IllegalArgumentException.class, () -> ServerSentEvent.of("").withRetry(Duration.ofSeconds(-1)));
    }

    @Test
    void aClientThatComesBackSaysWhatItHas() {
        MemoryLink link = fresh();
        link.feed(GET + "Last-Event-ID: m\u00c3\u00bcde\r\n\r\n");
        assertEquals(List.of("last müde"), told);
        assertFalse(link.isClosed());
    }

    @Test
    void silenceIsBrokenByAComment() throws IOException {
        MemoryLink link = open();
        link.advance(Duration.ofSeconds(14));
        assertEquals("", link.take());
        link.advance(Duration.ofSeconds(1));
        assertEquals(chunk(":\n\n"), link.take());
        link.advance(Duration.ofSeconds(10));
        streams.getFirst().send("x");
        link.run().take();
        link.advance(Duration.ofSeconds(14));
        assertEquals("", link.take());
        link.advance(Duration.ofSeconds(1));
        assertEquals(chunk(":\n\n"), link.take());
        streams.getFirst().keepAlive(Duration.ofSeconds(2));
        link.run().advance(Duration.ofSeconds(2));
        assertEquals(chunk(":\n\n"), link.take());
        streams.getFirst().keepAlive(Duration.ZERO);
        link.run().advance(Duration.ofSeconds(600));
        assertEquals("", link.take());
        assertFalse(link.isClosed());
    }

    @Test
    void aClientThatDoesNotReadIsSentNoComments() {
        MemoryLink link = open();
        link.highWater(1).window(0);
        for (int i = 0; i < 100; i++) {
            link.advance(Duration.ofSeconds(15));
        }
        assertTrue(link.pending() < 20, () -> link.pending() + " bytes wait");
    }

    @Test
    void aClientThatGoesIsToldOf() {
        MemoryLink link = open();
        link.reset();
        assertEquals(List.of("last null", "closed"), told);
        assertFalse(streams.getFirst().isOpen());
        assertThrows(IOException.class, () -> streams.getFirst().send("x"));
    }

    /** A client that has closed its socket looks like one that only sends no more: it is let go after a while. */
    @Test
    void aSilentStreamWhoseClientHasEndedIsLetGo() {
        MemoryLink link = open();
        link.end();
        assertFalse(link.isClosed());
        link.advance(Limits.DEFAULT.halfClosedTime());
        assertTrue(link.isClosed());
        assertEquals("closed", told.getLast());
    }

    @Test
    void manyAreSentTheSameEvent() {
        EventGroup group = new EventGroup();
        List<MemoryLink> links = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            links.add(open());
            group.add(streams.getLast());
        }
        group.send(ServerSentEvent.of("news"));
        for (MemoryLink link : links) {
            assertEquals(chunk("data: news\n\n"), link.run().take());
        }
        links.getFirst().reset();
        group.remove(streams.getLast());
        group.send(ServerSentEvent.of("more"));
        assertEquals(3, group.size());
        assertEquals(8, group.delivered());
        assertEquals("", links.getLast().run().take());
    }

    /** What is copied for a member is the frame of its chunk, however large the event is. */
    @Test
    void noByteOfAnEventIsCopiedForAMember() {
        EventGroup group = new EventGroup();
        List<MemoryLink> links = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            links.add(open());
            group.add(streams.getLast());
        }
        ServerSentEvent event = ServerSentEvent.of("x".repeat(8000));
        group.send(event);
        String size = Integer.toHexString(event.encoded().length());
        for (int i = 0; i < 50; i++) {
            long got = links.get(i).run().take().length();
            assertEquals(List.of(event.encoded()), counters.get(i).transfers());
            assertEquals(
                    size.length() + "\r\n\r\n".length(), got - counters.get(i).transferred(), "bytes copied");
        }
    }

    @Test
    void whoCannotFollowIsBrokenOffDroppedOrKept() {
        for (SlowConsumer policy : SlowConsumer.values()) {
            EventGroup group = new EventGroup(policy, 2000);
            MemoryLink link = open();
            group.add(streams.getLast());
            link.window(0);
            for (int i = 0; i < 10; i++) {
                group.send(ServerSentEvent.of("x".repeat(500)));
                link.run();
            }
            assertEquals(policy == SlowConsumer.CLOSE, link.isClosed(), policy.name());
            assertEquals(policy == SlowConsumer.KEEP, link.pending() > 5000);
            assertEquals(policy == SlowConsumer.KEEP, group.missed() == 0);
        }
    }

    @Test
    void anIdThatIsEmptyIsNone() {
        MemoryLink link = fresh();
        link.feed(GET + "Last-Event-ID:\r\n\r\n");
        assertEquals(List.of("last null"), told);
        assertNull(link.closing());
    }
}

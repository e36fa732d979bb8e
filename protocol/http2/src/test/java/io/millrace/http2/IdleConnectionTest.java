// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Link;
import io.millrace.http.Limits;
import io.millrace.http.Response;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Connections without anything to do keep little, and go on as if they had kept all. */
class IdleConnectionTest {
    private static final Duration WHILE = Duration.ofMillis(1100);

    // :method GET, :scheme http, :path /, then three fields that go into the table.
    private static final String ADDING =
            "\u0082\u0086\u0084\u0041\u000bexample.org\u007a\u0008agent/42\u0040\u0005x-own\u0003abc";

    // The same by the table alone: the newest entry has index 62.
    private static final String INDEXED = "\u0082\u0086\u0084\u00c0\u00bf\u00be";

    private static final String TYPE = " content-type=text/plain; charset=utf-8";

    private static Peer rest(Peer peer) {
        peer.link.run();
        peer.link.advance(WHILE);
        assertInstanceOf(IdleConnection.class, peer.link.protocol());
        return peer;
    }

    private static Peer echo() {
        return Peer.of((request, response) -> response.header("Cache-Control", "no-store")
                .send(request.authority() + " " + request.header("user-agent") + " " + request.header("x-own")));
    }

    private static Peer ask(Peer peer, int stream, String block) {
        return peer.frame(Frame.HEADERS, Frame.END_HEADERS | Frame.END_STREAM, stream, block);
    }

    /** The bytes of all objects that only this one refers to, as the JVM lays them out with compressed references. */
    private static long size(Object root, TreeMap<String, Integer> parts) throws IllegalAccessException {
        Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Object> todo = new ArrayList<>(List.of(root));
        long sum = 0;
        while (!todo.isEmpty()) {
            Object object = todo.removeLast();
            if (!seen.add(object) || isShared(object)) {
                continue;
            }
            long size = object.getClass().isArray() ? array(object, todo) : fields(object, todo);
            sum += size + 7 & ~7;
            parts.merge(object.getClass().getSimpleName(), (int) (size + 7 & ~7), Integer::sum);
        }
        return sum;
    }

    private static boolean isShared(Object object) {
        return object instanceof LoopState
                || object instanceof StreamPool<?>
                || object instanceof Http2Limits
                || object instanceof IdleConnection.Waker
                || object instanceof Enum<?>
                || object instanceof Link;
    }

    private static long array(Object object, List<Object> todo) {
        Class<?> part = object.getClass().getComponentType();
        for (int i = 0; !part.isPrimitive() && i < Array.getLength(object); i++) {
            Object each = Array.get(object, i);
            if (each != null) {
                todo.add(each);
            }
        }
        int width =
                part == byte.class || part == boolean.class ? 1 : part == long.class || part == double.class ? 8 : 4;
        return 16 + (long) width * Array.getLength(object);
    }

    private static long fields(Object object, List<Object> todo) throws IllegalAccessException {
        long size = 12;
        for (Class<?> type = object.getClass(); type != Object.class; type = type.getSuperclass()) {
            for (Field field : type.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers())) {
                    continue;
                }
                Class<?> kind = field.getType();
                size += kind == boolean.class || kind == byte.class
                        ? 1
                        : kind == long.class || kind == double.class ? 8 : 4;
                if (!kind.isPrimitive()) {
                    field.setAccessible(true);
                    Object value = field.get(object);
                    if (value != null) {
                        todo.add(value);
                    }
                }
            }
        }
        return size;
    }

    /** Above an idle connection of HTTP/1.1, which has a protocol object too, it is less than the whole. */
    @Test
    void aConnectionAtRestTakesLessThan400Bytes() throws Exception {
        Peer peer = echo().open();
        ask(peer, 1, ADDING).frames();
        TreeMap<String, Integer> awake = new TreeMap<>();
        assertTrue(size(peer.link.protocol(), awake) > 1000, awake.toString());
        TreeMap<String, Integer> parts = new TreeMap<>();
        long size = size(rest(peer).link.protocol(), parts);
        assertTrue(size <= 300, size + ": " + parts);
        assertEquals(0, peer.link.protocol().heldBytes());
    }

    @Test
    void tablesOfBothDirectionsGoOn() {
        Peer peer = echo().open();
        for (int stream = 1; stream < 40; stream += 2) {
            ask(peer, stream, stream == 1 ? ADDING : INDEXED);
            List<String> frames = peer.frames();
            assertEquals(
                    "HEADERS " + stream + " :status=200 content-length=24 cache-control=no-store" + TYPE,
                    frames.getFirst());
            assertEquals("DATA " + stream + " END_STREAM example.org agent/42 abc", frames.getLast());
            if (stream % 3 == 0) {
                rest(peer);
            }
        }
        assertFalse(peer.isClosing());
    }

    /** The windows that were agreed upon hold: of the connection 30 bytes are left, of a new stream 20. */
    @Test
    void windowsAndSettingsGoOn() {
        Peer peer = Peer.of((request, response) -> response.send("x".repeat(65_505)))
                .open(Frame.MAX_FRAME_SIZE, 20_000, Frame.HEADER_TABLE_SIZE, 100);
        peer.get(1, "/").frames();
        rest(peer).settings(Frame.INITIAL_WINDOW_SIZE, 20);
        rest(peer).get(3, "/");
        assertEquals("DATA 3 " + "x".repeat(20), peer.frames().getLast());
        peer.windowUpdate(3, 100);
        assertEquals("DATA 3 " + "x".repeat(10), peer.frames().getLast());
        peer.windowUpdate(0, 100);
        assertEquals("DATA 3 " + "x".repeat(90), peer.frames().getLast());
    }

    @Test
    void whatTheClientMaySendGoesOn() {
        Peer peer =
                Peer.of((request, response) -> request.body().collect(1 << 20, all -> response.send("" + all.length)));
        peer.open();
        for (int stream = 1; stream < 200; stream += 2) {
            peer.post(stream, "/").frame(Frame.DATA, Frame.END_STREAM, stream, new byte[10_000]);
            assertEquals("DATA " + stream + " END_STREAM 10000", peer.frames().getLast());
            rest(peer);
        }
        assertFalse(peer.isClosing());
    }

    @Test
    void numbersOfStreamsGoOn() {
        Peer peer = echo().open().get(5, "/");
        peer.frames();
        rest(peer).get(3, "/");
        assertEquals(List.of("GOAWAY 5 PROTOCOL_ERROR"), peer.frames());
    }

    /** Frames may be on their way for a stream that this side has reset. */
    @Test
    void whatComesLateIsNoFault() {
        Peer peer = Peer.of((request, response) -> response.defer()).open();
        peer.post(1, "/").windowUpdate(1, 0);
        assertEquals(List.of("RST_STREAM 1 PROTOCOL_ERROR"), peer.frames());
        rest(peer).data(1, true, "late").ping("12345678");
        assertEquals(List.of("PING ACK 12345678"), peer.frames());
    }

    /** Glitches count on, so that pauses make no new bucket; a second brings 100 tokens back. */
    @Test
    void tokensGoOn() {
        Peer peer = Peer.of((request, response) -> response.send(), Http2Limits.DEFAULT.withGlitches(1000, 1))
                .open();
        peer.get(1, "/");
        for (int i = 0; i < 99; i++) {
            peer.ping("12345678");
            if (i % 10 == 0) {
                rest(peer);
            }
        }
        assertFalse(peer.isClosing());
        peer.frames();
        for (int i = 0; i < 20; i++) {
            peer.ping("12345678");
        }
        assertTrue(peer.frames().getLast().startsWith("GOAWAY"));
    }

    /** A PING is no life, at rest either: the time without streams counts on. */
    @Test
    void theIdleTimeGoesOn() {
        Peer peer =
                Peer.of((request, response) -> response.send(), Limits.DEFAULT.withIdleTime(Duration.ofSeconds(10)));
        peer.open().get(1, "/").frames();
        for (int i = 0; i < 8; i++) {
            rest(peer).ping("12345678");
        }
        assertFalse(peer.isClosing());
        peer.link.advance(Duration.ofMillis(1300));
        assertTrue(peer.isClosing());
    }

    @Test
    void aServerThatStopsTellsConnectionsAtRest() {
        Peer peer = echo().open();
        rest(peer).link.stop();
        List<String> frames = peer.frames();
        assertEquals("GOAWAY 2147483647 NO_ERROR", frames.getFirst());
        assertTrue(frames.get(1).startsWith("PING "), frames.toString());
        peer.frame(Frame.PING, Frame.ACK, 0, frames.get(1).substring("PING ".length()));
        assertEquals(List.of("GOAWAY 0 NO_ERROR"), peer.frames());
        assertTrue(peer.isClosing());
    }

    @Test
    void anEndAtRestIsAnEnd() {
        Peer peer = echo().open();
        rest(peer).link.end();
        assertTrue(peer.isClosing());
    }

    /** With a stream, a piece of a frame that is skipped, or a block that is not complete there is something to do. */
    @Test
    void aConnectionThatHasSomethingToDoDoesNotRest() {
        List<Response> waiting = new ArrayList<>();
        Peer peer = Peer.of((request, response) -> waiting.add(response.defer()))
                .open()
                .get(1, "/");
        peer.link.advance(WHILE);
        assertInstanceOf(Http2Protocol.class, peer.link.protocol());
        waiting.getFirst().send();
        rest(peer);
        byte[] block = peer.block(Peer.request("GET", "/"));
        peer.frame(Frame.HEADERS, Frame.END_STREAM, 3, Arrays.copyOf(block, 5));
        peer.link.advance(WHILE);
        assertInstanceOf(Http2Protocol.class, peer.link.protocol());
        peer.frame(Frame.CONTINUATION, Frame.END_HEADERS, 3, Arrays.copyOfRange(block, 5, block.length));
        waiting.getLast().send();
        assertEquals(
                "HEADERS 3 END_STREAM :status=200 content-length=0",
                peer.until("HEADERS 3").getLast());
        rest(peer);
    }
}

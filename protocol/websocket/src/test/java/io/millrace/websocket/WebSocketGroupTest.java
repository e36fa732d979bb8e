// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.SlowConsumer;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketFrames.Frame;
import io.millrace.testkit.WindowedInflater;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Messages for many: made once, and members that cannot follow. */
final class WebSocketGroupTest {
    private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=";

    private static List<Server> members(WebSocketGroup group, int count, String fields) {
        List<Server> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Server server = Server.opened(WebSocketOptions.DEFAULT, fields);
            group.add(server.echo.socket);
            members.add(server);
        }
        return members;
    }

    @Test
    void allMembersGetTheSameMessage() {
        WebSocketGroup group = new WebSocketGroup();
        List<Server> members = members(group, 10, "");
        members.addAll(members(group, 10, OFFER + "9\r\n"));
        members.addAll(members(group, 10, OFFER + "15\r\n"));
        assertEquals(30, group.size());
        String text = "word ".repeat(200);
        group.send(text);
        for (int i = 0; i < 30; i++) {
            Frame frame = members.get(i).frames().getFirst();
            byte[] payload =
                    i < 10 ? frame.payload() : new WindowedInflater(i < 20 ? 1 << 9 : 1 << 15).inflate(frame.payload());
            assertEquals(i < 10 ? 0x81 : 0xc1, frame.first());
            assertEquals(text, new String(payload, StandardCharsets.UTF_8));
        }
        assertEquals(30, group.delivered());
    }

    /** What a member gets is one array for each setting, and no byte of it was appended for that member. */
    @Test
    void noByteIsCopiedForAMember() {
        for (String fields : new String[] {"", OFFER + "15\r\n"}) {
            WebSocketGroup group = new WebSocketGroup();
            List<Server> members = members(group, 100, fields);
            group.send("word ".repeat(200));
            byte[] array = null;
            for (Server member : members) {
                long got = member.link.run().take().length();
                assertTrue(got > 0);
                assertEquals(0, got - member.transfers.transferred(), "bytes copied");
                assertEquals(1, member.transfers.transfers().size());
                byte[] given = member.transfers.transfers().getFirst().array();
                array = array == null ? given : array;
                assertSame(array, given);
            }
        }
    }

    /** Each is closed once, with 1001, and not all of them at once. */
    @Test
    void closesItsMembersOverATime() throws Exception {
        WebSocketGroup group = new WebSocketGroup();
        List<Server> members = members(group, 40, "");
        group.closeAll(Duration.ZERO);
        for (Server member : members) {
            List<Frame> frames = member.frames();
            assertEquals(1, frames.size());
            assertEquals(0x88, frames.getFirst().first());
            assertEquals(
                    1001,
                    (frames.getFirst().payload()[0] & 0xff) << 8
                            | (frames.getFirst().payload()[1] & 0xff));
        }
        List<Server> more = members(group, 40, "");
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> group.closeAll(Duration.ofSeconds(100)));
        long closed = more.stream().filter(member -> !member.frames().isEmpty()).count();
        assertTrue(closed < 40, closed + " were closed in the first of a thousand steps");
    }

    @Test
    void aMessageIsMadeOnceForEachSetting() {
        DeflatePool pool = new DeflatePool(4);
        WebSocketCompression settings = WebSocketCompression.DEFAULT;
        DeflateSession nine = session("; server_max_window_bits=9", settings, pool);
        DeflateSession other = session("; server_max_window_bits=9", settings, pool);
        DeflateSession fifteen = session("", settings, pool);
        WebSocketMessage message = WebSocketMessage.text("word ".repeat(200));
        assertSame(message.plain(), message.plain());
        assertSame(message.compressed(nine), message.compressed(other));
        assertNotSame(message.compressed(nine), message.compressed(fifteen));
        assertSame(message.compressed(nine), message.compressed(other));
        DeflateSession harder = session("", settings.withLevel(9), new DeflatePool(9));
        assertNotSame(message.compressed(fifteen), message.compressed(harder));
        assertEquals(0, pool.lent());
        WebSocketMessage tiny = WebSocketMessage.binary(new byte[] {1, 2, 3});
        assertSame(tiny.plain(), tiny.compressed(nine), "it does not become smaller");
    }

    private static DeflateSession session(String parameters, WebSocketCompression settings, DeflatePool pool) {
        return new DeflateSession(
                true, DeflateParameters.negotiate("permessage-deflate" + parameters, settings), settings, pool);
    }

    @Test
    void aMemberThatCannotFollowIsClosedDroppedOrKept() {
        for (SlowConsumer policy : SlowConsumer.values()) {
            WebSocketGroup group = new WebSocketGroup(policy, 5000);
            List<Server> members = members(group, 2, "");
            members.getFirst().link.window(0);
            for (int i = 0; i < 10; i++) {
                group.send(WebSocketMessage.binary(new byte[1000]));
                members.getLast().link.run();
            }
            assertEquals(10, members.getLast().frames().size(), policy.name());
            members.getFirst().link.window(Long.MAX_VALUE);
            List<Frame> frames = members.getFirst().frames();
            if (policy == SlowConsumer.KEEP) {
                assertEquals(10, frames.size());
                assertEquals(0, group.missed());
            } else {
                assertTrue(frames.size() < 10, frames.toString());
                assertEquals(
                        policy == SlowConsumer.CLOSE,
                        frames.getLast().toString().equals("close 1013"));
                assertTrue(group.missed() > 0);
            }
            assertEquals(policy == SlowConsumer.CLOSE ? 1 : 2, group.size());
        }
    }

    @Test
    void whoLeavesGetsNothingMore() {
        WebSocketGroup group = new WebSocketGroup();
        List<Server> members = members(group, 3, "");
        group.remove(members.get(0).echo.socket);
        members.get(1).feed(new WebSocketFrames().close());
        members.forEach(Server::frames);
        group.send("news");
        assertEquals("[]", members.get(0).taken());
        assertEquals("[]", members.get(1).taken());
        assertEquals(1, members.get(2).frames().size());
        assertEquals(1, group.size());
        group.remove(members.get(2).echo.socket);
        group.send("to none");
        assertEquals(0, group.size());
        group.add(members.get(1).echo.socket);
        assertEquals(0, group.size(), "it has closed");
    }

    @Test
    void contextTakeoverMakesEachMembersBytesItsOwn() {
        WebSocketOptions options =
                WebSocketOptions.DEFAULT.withCompression(WebSocketCompression.DEFAULT.withTakeover(true, true));
        WebSocketGroup group = new WebSocketGroup();
        Server server = Server.opened(options, OFFER + "15\r\n");
        group.add(server.echo.socket);
        WindowedInflater client = new WindowedInflater(1 << 15);
        for (int i = 0; i < 3; i++) {
            String text = "word ".repeat(100) + i;
            group.send(text);
            byte[] seen = client.inflate(server.frames().getFirst().payload());
            assertEquals(text, new String(seen, StandardCharsets.UTF_8));
        }
    }
}

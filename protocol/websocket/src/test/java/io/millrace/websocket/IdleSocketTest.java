// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Link;
import io.millrace.testkit.WebSocketFrames;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a WebSocket holds between messages: the objects that are reachable from it and not from its neighbour. */
final class IdleSocketTest {
    private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    private static final int MOST_BYTES = 200;

    @ParameterizedTest
    @ValueSource(strings = {"", DEFLATE, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n"})
    void anIdleSocketHoldsNoBufferAndNoContext(String fields) throws IllegalAccessException {
        List<Object> own = own(WebSocketOptions.DEFAULT, fields);
        Set<String> expected = new TreeSet<>(Set.of("WebSocketProtocol", "PeerWatch"));
        if (!fields.isEmpty()) {
            expected.add("DeflateSession");
        }
        assertEquals(expected, names(own));
        long bytes = own.stream().mapToLong(each -> shallow(each.getClass())).sum();
        assertTrue(bytes <= MOST_BYTES, bytes + " bytes");
    }

    /** Takeover keeps contexts, as it must: this search finds them. */
    @Test
    void aSocketWithTakeoverHoldsItsContexts() throws IllegalAccessException {
        WebSocketOptions options =
                WebSocketOptions.DEFAULT.withCompression(WebSocketCompression.DEFAULT.withTakeover(true, true));
        Set<String> names = names(own(options, DEFLATE));
        assertTrue(
                names.containsAll(Set.of("MessageDeflater", "MessageInflater", "Deflater", "Inflater")),
                names::toString);
    }

    private static List<Object> own(WebSocketOptions options, String fields) throws IllegalAccessException {
        WebSocketUpgrade upgrade = WebSocketUpgrade.of(options);
        Server server = new Server(upgrade, null);
        Server neighbour = new Server(upgrade, null);
        for (Server each : List.of(server, neighbour)) {
            each.open(fields);
            talk(each, !fields.isEmpty());
        }
        Set<Object> reached = reach(server.echo.socket);
        reached.removeAll(reach(neighbour.echo.socket));
        return List.copyOf(reached);
    }

    // Whole messages, one in fragments, one compressed each way, one that is cut, a ping: then nothing.
    private static void talk(Server server, boolean deflate) {
        server.feed(new WebSocketFrames().frame(0x81, "word ".repeat(200)).frame(0x89, "ping"));
        server.feed(new WebSocketFrames().frame(0x02, Server.bytes(5000)).frame(0x80, Server.bytes(5000)));
        if (deflate) {
            server.feed(new WebSocketFrames().frame(0xc1, DeflateTest.deflated(Server.bytes(3000))));
        }
        byte[] cut = new WebSocketFrames().frame(0x82, Server.bytes(300)).bytes();
        for (byte each : cut) {
            server.link.feed(new byte[] {each});
        }
        assertEquals(deflate ? 5 : 4, server.frames().size());
    }

    private static Set<String> names(List<Object> objects) {
        Set<String> names = new TreeSet<>();
        objects.forEach(each -> names.add(each.getClass().getSimpleName()));
        return names;
    }

    // Not what belongs to the carrier or the application; of what is the JDK's, the object and not what is in it.
    private static Set<Object> reach(Object root) throws IllegalAccessException {
        Set<Object> reached = Collections.newSetFromMap(new IdentityHashMap<>());
        ArrayDeque<Object> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            Object each = open.pop();
            if (!isForeign(each) && reached.add(each) && isOurs(each.getClass())) {
                for (Field field : each.getClass().getDeclaredFields()) {
                    Object value = value(field, each);
                    if (value != null) {
                        open.push(value);
                    }
                }
            }
        }
        return reached;
    }

    private static boolean isForeign(Object each) {
        return each instanceof Link || each instanceof WebSocketListener || each instanceof Enum<?>;
    }

    private static boolean isOurs(Class<?> type) {
        return type.getPackage() == IdleSocketTest.class.getPackage();
    }

    private static Object value(Field field, Object of) throws IllegalAccessException {
        if (Modifier.isStatic(field.getModifiers()) || field.getType().isPrimitive()) {
            return null;
        }
        field.setAccessible(true);
        return field.get(of);
    }

    // As HotSpot lays objects out with compressed references: a head of 12 bytes, then the fields, a multiple of 8.
    private static long shallow(Class<?> type) {
        long bytes = 12;
        for (Field field : type.getDeclaredFields()) {
            bytes += Modifier.isStatic(field.getModifiers()) ? 0 : size(field.getType());
        }
        return (bytes + 7) / 8 * 8;
    }

    private static int size(Class<?> type) {
        if (type == long.class || type == double.class) {
            return 8;
        }
        return type == boolean.class || type == byte.class ? 1 : 4;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Route;
import io.millrace.testkit.MemoryLink;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A protocol in front of HTTP says who the client is, as the PROXY protocol does. */
@Timeout(60)
final class ProtocolInFrontTest {

    /** Reads {@code CLIENT address port} and a line feed; what follows goes to the protocol behind, on its own link. */
    private static final class Front implements Protocol {
        private final Protocol behind;
        private Link carried;

        Front(Protocol behind) {
            this.behind = behind;
        }

        @Override
        public void receive(Buffer in, Link link) {
            if (carried == null && !readLine(in, link)) {
                return;
            }
            behind.receive(in, carried);
        }

        private boolean readLine(Buffer in, Link link) {
            String text = new String(in.array(), in.head(), in.readable(), StandardCharsets.US_ASCII);
            int end = text.indexOf('\n');
            if (end < 0) {
                return false;
            }
            String[] words = text.substring(0, end).split(" ");
            in.consume(end + 1);
            carried = withPeer(link, new InetSocketAddress(words[1], Integer.parseInt(words[2])));
            behind.opened(carried);
            return true;
        }

        @Override
        public void drained(Link link) {
            behind.drained(carried);
        }

        @Override
        public void inputClosed(Link link) {
            behind.inputClosed(carried);
        }

        @Override
        public void expired(Link link) {
            behind.expired(carried);
        }

        @Override
        public void closed(CloseCause why) {
            behind.closed(why);
        }
    }

    private static Link withPeer(Link lower, SocketAddress peer) {
        return (Link) Proxy.newProxyInstance(
                Link.class.getClassLoader(), new Class<?>[] {Link.class}, (self, method, arguments) -> {
                    if (method.getName().equals("peer")) {
                        return peer;
                    }
                    try {
                        return method.invoke(lower, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    static List<Dispatch> places() {
        return List.of(Dispatch.INLINE, Dispatch.VIRTUAL);
    }

    @ParameterizedTest
    @MethodSource("places")
    void theRequestNamesTheClientAndTheSocketsOtherEnd(Dispatch place) {
        Handler handler = (request, response) -> response.send(request.peer() + " by " + request.socketPeer());
        Serving serving = Serving.of(place.isInline() ? handler : Route.on(place, handler));
        MemoryLink link = new MemoryLink(new Front(serving.http.create()), serving.clock);
        link.feed(
                "CLIENT 203.0.113.7 4711\nGET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\nnonsense\r\n\r\n");
        link.runUntil(() -> serving.log.size() == 3);
        List<Answer> answers = Answer.all(link.text());
        assertEquals("/203.0.113.7:4711 by " + link.peer(), answers.get(0).body());
        assertEquals("/203.0.113.7:4711 by " + link.peer(), answers.get(1).body());
        assertEquals(List.of(new InetSocketAddress("203.0.113.7", 4711)), serving.unreadable);
    }
}

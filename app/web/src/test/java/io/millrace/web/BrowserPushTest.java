// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.sse.ServerSentEvent;
import io.millrace.testkit.Browser;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** WebSocket and EventSource of Chromium, over HTTP/1.1 in the clear and over HTTP/2. */
@Timeout(180)
final class BrowserPushTest {
    private static final int MOST = 32 << 20;
    private static final WebSocketOptions OPTIONS = WebSocketOptions.DEFAULT.withLimits(
            WebSocketLimits.DEFAULT.withSizes(MOST, MOST).withCounts(100_000, 1000));

    /** Echoes, then listens to events until the stream has ended twice, and puts what it has seen into its title. */
    private static final String PAGE = """
            <!doctype html><title>-</title><script>
            const told = [];
            const say = text => { told.push(text); document.title = told.join('; '); };
            const socket = new WebSocket(location.href.replace(/^http/, 'ws') + 'echo');
            socket.binaryType = 'arraybuffer';
            const sizes = [0, 1, 125, 126, 65535, 65536, 1 << 20, 16 << 20];
            const next = size => new Promise((good, bad) => {
              socket.onmessage = event => good(event.data);
              socket.onclose = event => bad('closed ' + event.code);
              socket.send(size);
            });
            socket.onopen = async () => {
              try {
                for (const size of sizes) {
                  const text = 'µ1'.repeat(size / 2 + 1).slice(0, size);
                  if (await next(text) !== text) throw 'another text of ' + size;
                  const bytes = new Uint8Array(size).map((_, i) => i);
                  const back = new Uint8Array(await next(bytes));
                  if (back.length !== size || back.some((one, i) => one !== (i & 255))) throw 'other bytes of ' + size;
                }
                socket.onclose = event => { say('closed ' + event.code + ' ' + event.wasClean); listen(); };
                socket.close(4321, 'done');
              } catch (e) { say(String(e)); }
            };
            const listen = () => {
              const events = new EventSource('events');
              events.addEventListener('count', event => {
                say(event.lastEventId + ' ' + event.data.split('\\n').join('/'));
                if (event.lastEventId === '3') { events.close(); say('end'); }
              });
            };
            </script>
            """;

    private static final class Echo implements WebSocketListener {
        @Override
        public void text(WebSocket socket, byte[] utf8, int offset, int length) {
            socket.sendText(utf8, offset, length);
        }

        @Override
        public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
            socket.sendBinary(bytes, offset, length);
        }
    }

    private final Set<Integer> versions = ConcurrentHashMap.newKeySet();

    private WebServer server() {
        return WebServer.on(0)
                .loops(1)
                .get(
                        "/",
                        (request, response) ->
                                response.type("text/html; charset=utf-8").send(PAGE))
                .webSocket("/echo", OPTIONS, request -> {
                    versions.add(request.version());
                    return new Echo();
                })
                .events("/events", (request, events) -> {
                    versions.add(request.version());
                    int last = events.lastEventId() == null ? 0 : Integer.parseInt(events.lastEventId());
                    try {
                        events.send(ServerSentEvent.of("two\nlines of " + (last + 1))
                                .withName("count")
                                .withId("" + (last + 1))
                                .withRetry(Duration.ofMillis(10)));
                        events.close(); // it comes back, and says what it has seen
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
    }

    private void run(WebServer started, String url, String... options) throws Exception {
        try (started;
                Browser browser = Browser.open(url.formatted(started.port()), options)) {
            browser.awaitTitle("closed 4321 true; 1 two/lines of 1; 2 two/lines of 2; 3 two/lines of 3; end");
        }
    }

    @Test
    void overHttp1() throws Exception {
        assumeTrue(Browser.isThere(), "Chromium is not installed");
        run(server().start(), "http://localhost:%d/");
        assertEquals(Set.of(11), versions);
    }

    /** Chromium opens a WebSocket in a stream of the connection that the page came by (RFC 8441). */
    @Test
    void overHttp2() throws Exception {
        assumeTrue(Browser.isThere(), "Chromium is not installed");
        TlsContext tls = TlsContext.server(TlsOptions.DEFAULT
                .with(Credentials.pem(TlsServerTest.file("local.pem"), TlsServerTest.file("local.key")))
                .withApplicationProtocols("h2", "http/1.1"));
        run(server().tls(tls).start(), "https://localhost:%d/", "--ignore-certificate-errors");
        assertEquals(Set.of(20), versions);
    }
}

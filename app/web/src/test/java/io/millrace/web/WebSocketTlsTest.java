// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.testkit.WebSocketCases;
import io.millrace.testkit.WebSocketCases.Case;
import io.millrace.testkit.WebSocketDeflateCases;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketScript;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketCompression;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases of the Autobahn suite over TLS with each engine, to the JDK's sockets. */
@Timeout(300)
final class WebSocketTlsTest {
    private static final String OPENING = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";
    private static final int MOST = 16 << 20;
    private static final WebSocketOptions OPTIONS = WebSocketOptions.DEFAULT.withLimits(
            WebSocketLimits.DEFAULT.withSizes(MOST, MOST).withCounts(WebSocketCases.MOST_FRAGMENTS, 1000));

    private static final WebSocketOptions KEPT = OPTIONS.withCompression(
            WebSocketCompression.DEFAULT.withThreshold(1).withTakeover(true, true));

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

    private static WebServer serve(String engine) throws Exception {
        String why = engine.equals("openssl") ? TlsProviders.whyNoOpenSsl() : null;
        assumeTrue(why == null, why);
        TlsContext tls = TlsContext.server(
                TlsOptions.DEFAULT
                        .with(Credentials.pem(TlsServerTest.file("local.pem"), TlsServerTest.file("local.key")))
                        .withApplicationProtocols("h2", "http/1.1"),
                TlsProviders.named(engine));
        return WebServer.on(0)
                .loops(1)
                .tls(tls)
                .webSocket("/echo", OPTIONS, request -> new Echo())
                .webSocket("/kept", KEPT, request -> new Echo())
                .start();
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void theWholeSuite(String engine) throws Exception {
        SSLSocketFactory sockets = TlsServerTest.trusting().getSocketFactory();
        try (WebServer server = serve(engine)) {
            for (Case test : WebSocketCases.all()) {
                run(sockets, server, test);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void theCompressedCases(String engine) throws Exception {
        SSLSocketFactory sockets = TlsServerTest.trusting().getSocketFactory();
        try (WebServer server = serve(engine)) {
            for (WebSocketDeflateCases.Case test : WebSocketDeflateCases.some(5)) {
                run(sockets, server, test);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdk", "openssl"})
    void theLargeCases(String engine) throws Exception {
        SSLSocketFactory sockets = TlsServerTest.trusting().getSocketFactory();
        try (WebServer server = serve(engine)) {
            List<Case> large = WebSocketCases.large();
            for (int i = 0; i < large.size(); i += 6) {
                run(sockets, server, large.get(i)); // one of each size and chop would take minutes
            }
        }
    }

    private static void run(SSLSocketFactory sockets, WebServer server, Case test) throws Exception {
        WebSocketScript script = test.script();
        byte[] sent = talk(sockets, server, OPENING, test.chop(), head -> script.input());
        assertEquals(script.expected().toString(), WebSocketFrames.parse(sent).toString(), test.id());
    }

    private static void run(SSLSocketFactory sockets, WebServer server, WebSocketDeflateCases.Case test)
            throws Exception {
        String opening = OPENING.replace("/echo", "/kept")
                .replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: " + test.offer() + "\r\n\r\n");
        AtomicReference<String> answer = new AtomicReference<>();
        byte[] sent = talk(sockets, server, opening, 0, head -> {
            answer.set(WebSocketDeflateCases.answer(head));
            return test.input(answer.get());
        });
        test.check(answer.get(), sent);
    }

    private static byte[] talk(
            SSLSocketFactory sockets, WebServer server, String opening, int pieces, Function<String, byte[]> input)
            throws Exception {
        try (SSLSocket socket = (SSLSocket) sockets.createSocket("localhost", server.port())) {
            socket.setSoTimeout(60_000);
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            out.write(opening.getBytes(StandardCharsets.US_ASCII));
            out.flush();
            String head = head(in);
            assertTrue(head.startsWith("HTTP/1.1 101 "), head);
            byte[] bytes = input.apply(head);
            Thread writer = Thread.ofVirtual().start(() -> write(out, pieces, bytes));
            byte[] sent = in.readAllBytes();
            writer.join();
            return sent;
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertTrue(next >= 0, () -> "the connection ends after " + head);
            head.append((char) next);
        }
        return head.toString();
    }

    private static void write(OutputStream out, int pieces, byte[] input) {
        int chop = pieces == 0 ? Math.max(1, input.length) : pieces;
        try {
            for (int from = 0; from < input.length; from += chop) {
                out.write(input, from, Math.min(input.length - from, chop));
            }
            out.flush();
        } catch (IOException e) {
            // The server has refused what came before, as it may; what it said to that is compared.
        }
    }
}

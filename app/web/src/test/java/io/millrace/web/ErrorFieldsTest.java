// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.fileserver.FileOptions;
import io.millrace.http.Limits;
import io.millrace.transport.OverloadPolicy;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Answers that no handler gives: a page of another site is to see that it was refused, and why. */
@Timeout(60)
class ErrorFieldsTest {
    private static final FileOptions OPTIONS =
            FileOptions.DEFAULT.cors("https://x.example").header("X-Own", "1").header("X-Own", "2");

    @TempDir
    Path folder;

    private static WebServer server() {
        return WebServer.on(0).loops(1).limits(Limits.DEFAULT.withTarget(100).withHead(300));
    }

    private static String ask(WebServer server, String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static List<String> all(String answer, String name) {
        List<String> values = new ArrayList<>();
        for (String line : answer.split("\r\n")) {
            if (line.startsWith(name + ": ")) {
                values.add(line.substring(name.length() + 2));
            }
        }
        return values;
    }

    private static final List<String> BAD = List.of(
            "400 GET / HTTP/1.1\r\n\r\n",
            "400 GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "400 GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "400 nonsense\r\n\r\n",
            "400 POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
            "414 GET /" + "a".repeat(200) + " HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "417 GET / HTTP/1.1\r\nHost: localhost\r\nExpect: more\r\n\r\n",
            "431 GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(400) + "\r\n\r\n",
            "501 GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "505 GET / HTTP/3.0\r\nHost: localhost\r\n\r\n");

    @Test
    void theyCarryTheFieldsOfTheFolderAtTheRoot() throws IOException {
        try (WebServer server = server().files("/", folder, OPTIONS).start()) {
            for (String bad : BAD) {
                String answer = ask(server, bad.substring(4));
                assertTrue(answer.startsWith("HTTP/1.1 " + bad.substring(0, 3) + " "), answer);
                assertEquals(List.of("https://x.example"), all(answer, "Access-Control-Allow-Origin"), answer);
                assertEquals(1, all(answer, "Access-Control-Expose-Headers").size(), answer);
                assertEquals(List.of("1", "2"), all(answer, "X-Own"), answer);
            }
        }
    }

    @Test
    void soDoesARefusedConnection() throws IOException {
        try (WebServer server = server().files("/", folder, OPTIONS)
                        .maxConnections(1, OverloadPolicy.REFUSE)
                        .start();
                Socket first = new Socket("127.0.0.1", server.port())) {
            first.getOutputStream()
                    .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertEquals('H', first.getInputStream().read());
            String answer = ask(server, "");
            assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
            assertEquals(List.of("https://x.example"), all(answer, "Access-Control-Allow-Origin"), answer);
        }
    }

    @Test
    void elsewhereThereAreNone() throws IOException {
        try (WebServer server =
                server().files("/", folder).files("/open", folder, OPTIONS).start()) {
            for (String bad : BAD) {
                String answer = ask(server, bad.substring(4));
                assertEquals(List.of(), all(answer, "Access-Control-Allow-Origin"), answer);
                assertEquals(List.of(), all(answer, "X-Own"), answer);
            }
        }
    }
}

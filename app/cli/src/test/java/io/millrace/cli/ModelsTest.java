// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same folder and the same echo over every model of this machine, as a user starts them. */
@Timeout(120)
final class ModelsTest {

    @TempDir
    Path folder;

    static Stream<IoModel> models() {
        return Arrays.stream(IoModel.values());
    }

    /** A model that this machine does not have is skipped, and says why. */
    private static void assumeAvailable(IoModel model) {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
    }

    @Test
    void everyModelIsListedWithItsLesson() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
        assertEquals(0, Main.run(new Terminal(print, print, false, Map.of()), "models"));
        String text = out.toString(StandardCharsets.UTF_8);
        for (IoModel model : IoModel.values()) {
            assertTrue(text.contains(model.id() + " ") && text.contains(model.lesson()), text);
            assertTrue(model.isAvailable() || text.contains(model.whyNot()), text);
        }
    }

    @Test
    void aModelThatIsNoneIsOneLine() throws Exception {
        try (Command serve = Command.start("serve", "--model", "telepathy")) {
            assertEquals(2, serve.exitCode());
            assertTrue(serve.restOfErr().startsWith("millrace: Invalid value for option '--model'"));
        }
    }

    @Test
    void aTraceShowsTheCallsOfEveryModel() throws Exception {
        for (String model : new String[] {"thread", "epoll-lt", "nio"}) {
            try (Command echo = Command.start("echo", "-p", "0", "--model", model, "--trace")) {
                int port =
                        Integer.parseInt(echo.awaitOut("Echoing on ").replaceAll(".*127\\.0\\.0\\.1:(\\d+).*", "$1"));
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
                    assertEquals(5, socket.getInputStream().readNBytes(5).length);
                }
                echo.awaitErr("accept ");
                echo.awaitErr("recv ");
                assertTrue(echo.awaitErr("send ").contains("= 5"));
            }
        }
    }

    @Test
    void autoSaysWhatItChoseAndWhy() throws Exception {
        try (Command serve = Command.start("serve", "-p", "0", "--model", "auto", folder.toString())) {
            String line = serve.awaitOut("  on ");
            assertTrue(line.contains("(auto: " + IoModel.whyAuto() + ")"), line);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void aFolderIsServed(IoModel model) throws Exception {
        assumeAvailable(model);
        byte[] big = new byte[3 << 20];
        new Random(3).nextBytes(big);
        Files.write(folder.resolve("big.bin"), big);
        Files.writeString(folder.resolve("a.txt"), "some text\n");
        try (Command serve = Command.start(
                "serve",
                "-p",
                "0",
                "--model",
                model.id(),
                "--loops",
                "2",
                "--allow-host",
                "good.example",
                folder.toString())) {
            URI url = serve.url();
            // A client for each, that is closed: one who holds on to his connection would keep others out of iterative.
            try (HttpClient client = client()) {
                HttpResponse<String> text =
                        client.send(request(url.resolve("a.txt")).build(), BodyHandlers.ofString());
                assertEquals(200, text.statusCode());
                assertEquals("some text\n", text.body());
                HttpResponse<byte[]> whole =
                        client.send(request(url.resolve("big.bin")).build(), BodyHandlers.ofByteArray());
                assertArrayEquals(big, whole.body());
                HttpRequest part = request(url.resolve("big.bin"))
                        .header("Range", "bytes=100-199")
                        .build();
                assertArrayEquals(
                        Arrays.copyOfRange(big, 100, 200),
                        client.send(part, BodyHandlers.ofByteArray()).body());
                HttpRequest again = request(url.resolve("a.txt"))
                        .header(
                                "If-None-Match",
                                text.headers().firstValue("ETag").orElseThrow())
                        .build();
                assertEquals(304, client.send(again, BodyHandlers.ofString()).statusCode());
                assertEquals(
                        404,
                        client.send(request(url.resolve("none")).build(), BodyHandlers.ofString())
                                .statusCode());
                assertTrue(client.send(request(url).build(), BodyHandlers.ofString())
                        .body()
                        .contains("big.bin"));
            }
            pipelined(url);
            assertTrue(named(url, "good.example").startsWith("HTTP/1.1 200 "));
            assertTrue(named(url, "evil.example").startsWith("HTTP/1.1 421 "));
            assertTrue(serve.awaitErr("evil.example").contains("--allow-host evil.example"));
            assertTrue(serve.awaitOut("GET /a.txt").contains("200 10"), "logged, by whichever process served it");
            serve.signal("TERM");
            serve.awaitOut("Served ");
            assertEquals(0, serve.exitCode());
        }
    }

    private static String named(URI url, String host) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), url.getPort())) {
            socket.setSoTimeout(60_000);
            String request = "GET /a.txt HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    /**
     * Several requests in one packet, then the end of our direction: all are answered, in order, and the connection
     * closes.
     */
    private static void pipelined(URI url) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), url.getPort())) {
            socket.setSoTimeout(60_000);
            String one = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\n\r\n";
            String last = "GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write((one + one + last).getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            String answers = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            assertEquals(4, answers.split("some text", -1).length, answers);
        }
    }

    @ParameterizedTest
    @MethodSource("models")
    void bytesAreEchoed(IoModel model) throws Exception {
        assumeAvailable(model);
        byte[] sent = new byte[200_000];
        new Random(4).nextBytes(sent);
        try (Command echo = Command.start("echo", "-p", "0", "--model", model.id())) {
            int port = Integer.parseInt(echo.awaitOut("Echoing on ").replaceAll(".*127\\.0\\.0\\.1:(\\d+).*", "$1"));
            for (int i = 0; i < 2; i++) {
                try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    socket.setSoTimeout(60_000);
                    for (int at = 0; at < sent.length; at += 20_000) {
                        socket.getOutputStream().write(sent, at, 20_000);
                        assertArrayEquals(
                                Arrays.copyOfRange(sent, at, at + 20_000),
                                socket.getInputStream().readNBytes(20_000));
                    }
                }
            }
            echo.signal("TERM");
            assertEquals(0, echo.exitCode());
        }
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private static HttpRequest.Builder request(URI url) {
        return HttpRequest.newBuilder(url);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace serve} as a user meets it: a process, its words, its port, its end. */
@Timeout(120)
final class ServeCommandTest {

    @TempDir
    Path folder;

    @BeforeEach
    void needsLinux() throws IOException {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "the loops of this release are for Linux");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
    }

    @Test
    void servesAFolderAndSaysWhereAndSumsUp() throws Exception {
        try (Command serve = Command.start("serve", "-p", "0", "-d", folder.toString())) {
            String root = serve.awaitOut("Serving ");
            assertTrue(root.contains(folder.toRealPath().toString()), root);
            URI url = serve.url();
            assertEquals("127.0.0.1", url.getHost());
            String engine = serve.awaitOut("  on ");
            assertTrue(engine.contains("epoll") && engine.contains("loop"), engine);
            assertTrue(serve.awaitOut("  stop ").contains("Ctrl-C"));

            HttpResponse<String> answer = get(url.resolve("a.txt"));
            assertEquals(200, answer.statusCode());
            assertEquals("some text\n", answer.body());
            assertEquals(404, get(url.resolve("b.txt")).statusCode());

            assertTrue(serve.awaitOut("GET /a.txt").contains("200 10"));
            assertTrue(serve.awaitOut("GET /b.txt").contains("404"));
            serve.signal("TERM");
            String summary = serve.awaitOut("Served ");
            assertTrue(summary.contains("2 requests") && summary.contains("p50"), summary);
            assertTrue(summary.contains("1 client"), summary);
            assertEquals(0, serve.exitCode());
            assertEquals("", serve.restOfErr());
        }
    }

    @Test
    void aLogThatCannotBeWrittenIsSaidOnceAndCounted() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full");
        try (Command serve = Command.startInto(
                new File("/dev/full"), "serve", "-p", "0", "--log", "json", "-d", folder.toString())) {
            URI url = URI.create(serve.awaitErr("http://").replaceAll(".*(http://\\S+/).*", "$1"));
            assertEquals(200, get(url).statusCode());
            assertTrue(serve.awaitErr("access log").contains("No space left"));
            assertEquals(200, get(url).statusCode());
            serve.signal("TERM");
            assertTrue(serve.awaitErr("Served 2 requests").endsWith("2 log lines dropped."));
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void servesTheCurrentFolderWhenNoneIsNamedAndLogsJsonAlone() throws Exception {
        try (Command serve = Command.start("serve", "--port=0", "--log=json")) {
            serve.awaitErr("Serving " + Path.of("").toRealPath());
            URI url = URI.create(serve.awaitErr("http://").replaceAll(".*(http://\\S+/).*", "$1"));
            assertEquals(200, get(url).statusCode());
            String line = serve.awaitOut("GET");
            assertTrue(line.startsWith("{") && line.endsWith("}") && line.contains("\"status\":200"), line);
            serve.interrupt();
            serve.awaitErr("Served 1 request");
            assertEquals("", serve.restOfOut());
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void whatIsReadByAnotherNameIsRefusedAndSaysHowToAllowIt() throws Exception {
        try (Command serve = Command.start("serve", "-p", "0", folder.toString())) {
            URI url = serve.url();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), url.getPort())) {
                String request = "GET /a.txt HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(answer.startsWith("HTTP/1.1 421 ") && answer.contains("--allow-host evil.example"), answer);
            }
            assertTrue(serve.awaitErr("evil.example").contains("--allow-host evil.example"));
            assertTrue(serve.awaitOut("GET /a.txt").contains(" 421 "));
        }
        try (Command serve = Command.start("serve", "--allow-host", "a:80", folder.toString())) {
            assertTrue(serve.awaitErr("--allow-host").contains("without a port"));
            assertEquals(2, serve.exitCode());
        }
    }

    @Test
    void quietPrintsTheUrlOfAChosenPortAndNothingElse() throws Exception {
        try (Command serve = Command.start("serve", "-q", "-p", "0", folder.toString())) {
            URI url = serve.url();
            assertEquals(200, get(url).statusCode());
            serve.signal("TERM");
            assertEquals("", serve.restOfOut() + serve.restOfErr());
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void verboseOutputShowsHeaderFields() throws Exception {
        try (Command serve = Command.start("serve", "-o", "verbose", "-p", "0", folder.toString())) {
            URI url = serve.url();
            HttpRequest request = HttpRequest.newBuilder(url.resolve("a.txt"))
                    .header("X-Seen", "yes")
                    .build();
            assertEquals(200, client().send(request, BodyHandlers.ofString()).statusCode());
            assertTrue(serve.awaitOut("GET /a.txt").contains("200"));
            serve.awaitOut("X-Seen: yes");
        }
    }

    @Test
    void optionsReachTheAnswers() throws Exception {
        Files.writeString(folder.resolve("index.html"), "<p>app</p>");
        Files.writeString(folder.resolve(".secret"), "hidden");
        try (Command serve = Command.start(
                "serve",
                "-p",
                "0",
                "--spa",
                "--cors",
                "--cache",
                "60",
                "--hidden",
                "--header",
                "X-One: 1",
                "--header=X-Two: 2",
                "--loops",
                "1",
                "--log",
                "none",
                folder.toString())) {
            URI url = serve.url();
            HttpResponse<String> answer = get(url.resolve("a.txt"));
            assertEquals(
                    "*",
                    answer.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
            assertEquals(
                    "max-age=60", answer.headers().firstValue("Cache-Control").orElse(""));
            assertEquals("1", answer.headers().firstValue("X-One").orElse(""));
            assertEquals("2", answer.headers().firstValue("X-Two").orElse(""));
            assertEquals("hidden", get(url.resolve(".secret")).body());
            HttpRequest page = HttpRequest.newBuilder(url.resolve("some/view"))
                    .header("Accept", "text/html")
                    .build();
            assertEquals(
                    "<p>app</p>", client().send(page, BodyHandlers.ofString()).body());
        }
    }

    @Test
    void argumentsMayComeFromAFile() throws Exception {
        Path arguments = Files.writeString(folder.resolve("arguments"), "serve --port 0\n--quiet \"" + folder + "\"\n");
        try (Command serve = Command.start("@" + arguments)) {
            assertEquals(200, get(serve.url().resolve("a.txt")).statusCode());
        }
    }

    @Test
    void aPortInUseIsOneLineWithItsOwnerAndTheWayOut() throws Exception {
        try (Command first = Command.start("serve", "-p", "0", "-q", folder.toString())) {
            int port = first.url().getPort();
            for (String command : new String[] {"serve", "echo"}) {
                try (Command second = Command.start(command, "-p", Integer.toString(port))) {
                    assertEquals(1, second.exitCode());
                    String said = second.restOfErr();
                    assertEquals(1, said.lines().count(), said);
                    assertTrue(said.startsWith("millrace: cannot listen on 127.0.0.1:" + port), said);
                    assertTrue(said.contains("pid " + first.pid()), said);
                    assertTrue(said.contains("--port"), said);
                    assertEquals("", second.restOfOut());
                }
            }
        }
    }

    @Test
    void aPortHeldByAnotherProgramIsSeenAsWell() throws Exception {
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Command serve = Command.start("serve", "-p", "" + holder.getLocalPort(), folder.toString())) {
            assertEquals(1, serve.exitCode());
            assertTrue(
                    serve.restOfErr().contains("(pid " + ProcessHandle.current().pid() + ")"));
        }
    }

    @Test
    void whatIsNotThereIsOneLine() throws Exception {
        fails(1, "no such folder", "serve", folder.resolve("nowhere").toString());
        fails(1, "not a folder", "serve", folder.resolve("a.txt").toString());
        fails(1, "no such address", "serve", "-b", "192.0.2.77", folder.toString());
        fails(1, "unknown address", "serve", "-b", "no.such.host.invalid", folder.toString());
    }

    private static void fails(int code, String words, String... arguments) throws Exception {
        try (Command command = Command.start(arguments)) {
            assertEquals(code, command.exitCode());
            String said = command.restOfErr();
            assertTrue(said.startsWith("millrace: ") && said.contains(words), said);
            assertEquals(1, said.lines().count(), said);
        }
    }

    @Test
    void aStopLetsWhatIsInFlightFinish() throws Exception {
        Path big = folder.resolve("big.bin");
        byte[] content = new byte[48 << 20];
        Files.write(big, content);
        try (Command serve = Command.start("serve", "-p", "0", "--log", "none", folder.toString())) {
            URI url = serve.url();
            serve.awaitOut("  stop ");
            try (Socket slow = socket(url, 16 * 1024)) {
                ask(slow, "/big.bin");
                InputStream in = slow.getInputStream();
                // More than both sockets' buffers can hold is still on the server's side: the request is in flight.
                assertTrue(in.read() > 0);
                serve.signal("TERM");
                awaitRefused(url);
                assertTrue(serve.isAlive());
                long received = 1 + in.transferTo(OutputStream.nullOutputStream());
                assertTrue(received > content.length, received + " bytes");
            }
            assertTrue(serve.awaitOut("Served ").contains("1 request"));
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void aStopCutsOffWhatDoesNotFinishWithinTheGrace() throws Exception {
        Files.write(folder.resolve("big.bin"), new byte[48 << 20]);
        try (Command serve = Command.start("serve", "-p", "0", "--grace", "0", "--log", "none", folder.toString())) {
            URI url = serve.url();
            try (Socket stuck = socket(url, 16 * 1024)) {
                ask(stuck, "/big.bin");
                assertTrue(stuck.getInputStream().read() > 0);
                serve.awaitOut("  stop ");
                serve.signal("TERM");
                assertEquals(1, serve.exitCode());
                assertTrue(serve.restOfErr().contains("--grace"));
            }
        }
    }

    @Test
    void aSecondSignalEndsAtOnce() throws Exception {
        Files.write(folder.resolve("big.bin"), new byte[48 << 20]);
        try (Command serve = Command.start("serve", "-p", "0", "--grace", "600", "--log", "none", folder.toString())) {
            URI url = serve.url();
            serve.awaitOut("  stop ");
            try (Socket stuck = socket(url, 16 * 1024)) {
                ask(stuck, "/big.bin");
                assertTrue(stuck.getInputStream().read() > 0);
                serve.interrupt();
                awaitRefused(url);
                assertTrue(serve.isAlive());
                int signal = serve.interrupt();
                assertEquals(128 + signal, serve.exitCode());
            }
        }
    }

    @Test
    void anIdleConnectionDoesNotHoldUpAStop() throws Exception {
        try (Command serve = Command.start("serve", "-p", "0", "-q", "--grace", "600", folder.toString())) {
            URI url = serve.url();
            try (Socket idle = socket(url, 16 * 1024)) {
                ask(idle, "/a.txt");
                assertTrue(idle.getInputStream().read() > 0);
                serve.signal("TERM");
                assertEquals(0, serve.exitCode());
            }
        }
    }

    /** A stop closes the door before it waits for those inside. */
    private static void awaitRefused(URI url) throws InterruptedException {
        for (boolean open = true; open; ) {
            try (Socket late = new Socket()) {
                late.connect(new InetSocketAddress(url.getHost(), url.getPort()), 1000);
                Thread.sleep(5);
            } catch (IOException refused) {
                open = false;
            }
        }
    }

    private static Socket socket(URI url, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(receiveBuffer);
        socket.setSoTimeout(60_000);
        socket.connect(new InetSocketAddress(url.getHost(), url.getPort()));
        return socket;
    }

    private static void ask(Socket socket, String path) throws IOException {
        String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    }

    private static HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        try (HttpClient client = client()) {
            HttpResponse<String> answer =
                    client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
            assertFalse(answer.headers().map().isEmpty());
            return answer;
        }
    }
}

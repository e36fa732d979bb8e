// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.http.ResponseStream;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/2 with clients that others have written, where they are installed. */
@Timeout(120)
class Http2ClientsTest {
    @TempDir
    Path folder;

    private WebServer server;

    @BeforeEach
    void start() throws IOException {
        Files.writeString(folder.resolve("index.html"), "<h1>Hello</h1>");
        Files.write(folder.resolve("large.bin"), new byte[3_000_000]);
        server = WebServer.on(0)
                .loops(1)
                .get(
                        "/echo",
                        (request, response) -> response.header("x-version", "" + request.version())
                                .send(request.scheme() + " " + request.authority() + " " + request.header("cookie")))
                .post(
                        "/length",
                        (request, response) ->
                                request.body().collect(1 << 24, bytes -> response.send(bytes.length + " bytes\n")))
                .get(
                        "/hints",
                        (request, response) -> response.header("link", "</a.css>; rel=preload")
                                .interim(103)
                                .send("hints\n"))
                .get("/trailers", (request, response) -> {
                    ResponseStream stream = response.defer().stream();
                    stream.write("body");
                    stream.trailer("x-sum", "42");
                    stream.close();
                })
                .files("/", folder)
                .start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String url(String path) {
        return "http://127.0.0.1:" + server.port() + path;
    }

    private static boolean isInstalled(String program) {
        return List.of(System.getenv("PATH").split(File.pathSeparator)).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private String run(String... command) throws Exception {
        assumeTrue(command[0].startsWith("/") || isInstalled(command[0]), command[0] + " is not installed");
        Path output = Files.createTempFile(folder, ".output", "");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(new File("/dev/null"))
                .redirectOutput(output.toFile())
                .start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "does not end: " + String.join(" ", command));
        String text = Files.readString(output, StandardCharsets.ISO_8859_1);
        assertEquals(0, process.exitValue(), text);
        return text;
    }

    private String curl(String... more) throws Exception {
        assumeTrue(isInstalled("curl"), "curl is not installed");
        assumeTrue(run("curl", "--version").contains("HTTP2"), "this curl has no HTTP/2");
        String[] command = new String[3 + more.length];
        command[0] = "curl";
        command[1] = "-sS";
        command[2] = "--http2-prior-knowledge";
        System.arraycopy(more, 0, command, 3, more.length);
        return run(command);
    }

    @Test
    void curlGetsAndPosts() throws Exception {
        assertEquals("<h1>Hello</h1>", curl(url("/")));
        String echo = curl("-i", "-b", "a=b; c=d", url("/echo"));
        assertTrue(echo.startsWith("HTTP/2 200"), echo);
        assertTrue(echo.contains("x-version: 20"), echo);
        assertTrue(echo.endsWith("http 127.0.0.1:" + server.port() + " a=b; c=d"), echo);
        assertEquals("5 bytes\n", curl("-d", "12345", url("/length")));
        Path large = folder.resolve("large.bin");
        assertEquals("3000000 bytes\n", curl("--data-binary", "@" + large, url("/length")));
        assertEquals("3000000 bytes\n", curl("-H", "Expect:", "--data-binary", "@" + large, url("/length")));
        assertEquals("405\n", curl("-o", "/dev/null", "-w", "%{http_code}\n", "--data-binary", "@" + large, url("/")));
        assertEquals("200 0\n", curl("-I", "-o", "/dev/null", "-w", "%{http_code} %{size_download}\n", url("/")));
        assertEquals(
                "206 5\n", curl("-r", "1-5", "-o", "/dev/null", "-w", "%{http_code} %{size_download}\n", url("/")));
        assertTrue(curl("-i", url("/hints")).contains("HTTP/2 103"));
        assertTrue(curl("-i", url("/trailers")).contains("x-sum: 42"));
    }

    @Test
    void curlGetsAFileWhole() throws Exception {
        Path got = folder.resolve(".got");
        curl("-o", got.toString(), url("/large.bin"));
        assertEquals(-1, Files.mismatch(folder.resolve("large.bin"), got));
    }

    /** RFC 9113 section 3.1: the upgrade from HTTP/1.1 is gone, and such a client is answered in HTTP/1.1. */
    @Test
    void anUpgradeIsIgnored() throws Exception {
        assumeTrue(isInstalled("curl"), "curl is not installed");
        assertEquals(
                "1.1 200\n",
                run("curl", "-sS", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}\n", url("/")));
    }

    @Test
    void withoutHttp2ThePrefaceIsNoRequest() throws Exception {
        server.close();
        server = WebServer.on(0)
                .loops(1)
                .http2(null)
                .get("/", (request, response) -> response.send("x"))
                .start();
        assumeTrue(isInstalled("curl"), "curl is not installed");
        assertEquals(
                "1.1 200\n", run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_version} %{http_code}\n", url("/")));
        Process process = new ProcessBuilder("curl", "-s", "--http2-prior-knowledge", url("/")).start();
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertTrue(process.exitValue() != 0);
    }

    @Test
    void nghttpAsksWithPaddingAndContinuation() throws Exception {
        String text =
                run("nghttp", "-v", "--continuation", "--padding=255", "-w", "14", url("/echo"), url("/large.bin"));
        assertEquals(2, text.split(":status: 200", -1).length - 1, text.length() > 3000 ? "" : text);
        assertTrue(text.contains("END_STREAM"));
    }

    @Test
    void h2loadAsksMuchAtOnce() throws Exception {
        for (String[] way : new String[][] {{"100", "30", "30"}, {"32", "14", "14"}, {"1", "16", "16"}}) {
            String text = run("h2load", "-n", "2000", "-c", "10", "-m", way[0], "-w", way[1], "-W", way[2], url("/"));
            assertTrue(text.contains("2000 succeeded, 0 failed, 0 errored"), text);
        }
        String large = run("h2load", "-n", "60", "-c", "3", "-m", "10", "-w", "14", "-W", "14", url("/large.bin"));
        assertTrue(large.contains("60 succeeded, 0 failed, 0 errored"), large);
        assertEquals(0, server.http2Stats().calmed());
    }

    private static final String PYTHON = """
            import socket, sys
            import h2.connection, h2.events, h2.config
            port = int(sys.argv[1])
            sock = socket.create_connection(("127.0.0.1", port))
            conn = h2.connection.H2Connection(config=h2.config.H2Configuration(client_side=True))
            conn.initiate_connection()
            for i in range(50):
                stream = conn.get_next_available_stream_id()
                post = i % 2 == 1
                conn.send_headers(stream, [(":method", "POST" if post else "GET"), (":scheme", "http"),
                    (":path", "/length" if post else "/echo"), (":authority", "localhost:%d" % port)], end_stream=not post)
                if post:
                    conn.send_data(stream, b"x" * 1000, end_stream=True)
            sock.sendall(conn.data_to_send())
            ended, got = 0, b""
            while ended < 50:
                data = sock.recv(65536)
                assert data, "the connection has ended"
                for event in conn.receive_data(data):
                    if isinstance(event, h2.events.ResponseReceived):
                        assert dict(event.headers)[b":status"] == b"200", event.headers
                    elif isinstance(event, h2.events.DataReceived):
                        got += event.data
                        conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        ended += 1
                    elif isinstance(event, h2.events.StreamReset):
                        raise Exception("reset %d" % event.error_code)
                sock.sendall(conn.data_to_send())
            print(got.count(b"1000 bytes"), ended)
            """;

    @Test
    void pythonAsksFiftyTimes() throws Exception {
        String python = Files.isExecutable(Path.of("/usr/bin/python3")) ? "/usr/bin/python3" : "python3";
        assumeTrue(python.startsWith("/") || isInstalled(python), "python3 is not installed");
        Process probe = new ProcessBuilder(python, "-c", "import h2").start();
        assumeTrue(probe.waitFor() == 0, "python3-h2 is not installed");
        Path script = folder.resolve(".client.py");
        Files.writeString(script, PYTHON);
        assertEquals("25 50\n", run(python, script.toString(), "" + server.port()));
    }

    private static final String NODE = """
            const http2 = require('http2');
            const client = http2.connect('http://127.0.0.1:' + process.argv[2]);
            client.on('error', e => { console.log('' + e); process.exit(1); });
            let left = 1000, whole = 0, cancelled = 0;
            const done = () => { if (--left == 0) { console.log(whole + cancelled); client.close(); } };
            const next = i => {
              const path = i % 10 == 3 ? '/large.bin' : '/echo';
              const request = client.request({':path': path});
              request.on('response', headers => { if (headers[':status'] != 200) process.exit(2); });
              let bytes = 0;
              request.on('data', data => { bytes += data.length; if (i % 10 == 3) request.close(8); });
              request.on('error', e => {});
              request.on('close', () => { if (bytes > 0) whole++; else cancelled++; done(); });
            };
            let asked = 0;
            const timer = setInterval(() => { for (let i = 0; i < 20; i++) next(asked++);
              if (asked == 1000) clearInterval(timer); }, 10);
            """;

    @Test
    void nodeAsksAThousandTimesAndCancelsSome() throws Exception {
        Path script = folder.resolve(".client.js");
        Files.writeString(script, NODE);
        assertEquals("1000\n", run("node", script.toString(), "" + server.port()));
        assertEquals(0, server.http2Stats().calmed());
    }
}

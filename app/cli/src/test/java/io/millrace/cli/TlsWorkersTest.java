// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.web.TlsProviders;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TLS by worker processes: what they share, and one for each connection. */
@Timeout(240)
final class TlsWorkersTest {
    private static final Pattern URL = Pattern.compile("https://\\S+:\\d+/");

    @TempDir
    Path folder;

    @BeforeEach
    void needsOpenSsl() throws IOException {
        assumeTrue(TlsProviders.whyNoOpenSsl() == null, TlsProviders.whyNoOpenSsl());
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
    }

    private static String file(String name) throws Exception {
        return Path.of(TlsWorkersTest.class.getResource(name).toURI()).toString();
    }

    private Command serve(String... more) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                "serve", "--tls-cert", file("local.pem"), "--tls-key", file("local.key"), "-p", "0", "--no-http2"));
        line.addAll(List.of(more));
        line.add(folder.toString());
        return Command.start(line.toArray(String[]::new));
    }

    private static String address(Command serve) throws InterruptedException {
        Matcher url = URL.matcher(serve.awaitOut("https://"));
        assertTrue(url.find());
        return URI.create(url.group()).getAuthority();
    }

    /** Asks for the file, and returns what openssl says of the session and the answer. */
    private String client(String address, String... more) throws Exception {
        List<String> line = new ArrayList<>(List.of("openssl", "s_client", "-connect", address, "-ign_eof"));
        line.addAll(List.of(more));
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        process.getOutputStream()
                .write("GET /a.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), said);
        return said;
    }

    /** By which worker it is answered is chance: with two of them and without a common secret half would be new. */
    @Test
    void workersResumeEachOthersSessionsAndThoseOfTheWorkersBefore() throws Exception {
        String session = folder.resolve("session.pem").toString();
        try (Command serve = serve("--model", "prefork", "--loops", "2")) {
            String address = address(serve);
            assertTrue(client(address, "-sess_out", session).contains("New, TLSv1.3"));
            assertResumed(address, session);
            serve.signal("HUP");
            String subject = client(address, "-sess_in", session);
            assertTrue(subject.contains("some text"), subject);
            assertResumed(address, session);
        }
    }

    private void assertResumed(String address, String session) throws Exception {
        for (int i = 0; i < 6; i++) {
            String said = client(address, "-sess_in", session);
            assertTrue(said.contains("Reused, TLSv1.3") && said.contains("some text"), said);
        }
    }

    @Test
    void aProcessForEachConnectionServesTlsByOpenSsl() throws Exception {
        try (Command serve = serve("--model", "process", "--tls-engine", "openssl")) {
            String address = address(serve);
            for (String version : List.of("-tls1_2", "-tls1_3")) {
                String said = client(address, version);
                assertTrue(said.contains("some text"), said);
            }
            serve.signal("TERM");
            assertEquals(0, serve.exitCode());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.web.TlsProviders;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code millrace serve --tls} and {@code echo --tls} as their users run them, with curl and openssl as clients. */
@Timeout(240)
final class TlsCommandTest {
    private static final Pattern URL = Pattern.compile("https://\\S+:\\d+/");

    @TempDir
    Path folder;

    @BeforeEach
    void needsLinux() throws IOException {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "the loops of this release are for Linux");
        Files.writeString(folder.resolve("a.txt"), "some text\n");
    }

    private static String file(String name) throws Exception {
        return Path.of(TlsCommandTest.class.getResource(name).toURI()).toString();
    }

    private static URI url(Command serve) throws InterruptedException {
        Matcher url = URL.matcher(serve.awaitOut("https://"));
        assertTrue(url.find());
        return URI.create(url.group());
    }

    private static String run(String... line) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/" + line[0])), line[0] + " is not installed");
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        return process.waitFor() + "\n" + said;
    }

    private static String curl(String authority, String... more) throws Exception {
        List<String> line = new ArrayList<>(List.of("curl", "-sS", "--max-time", "60", "--cacert", authority));
        line.addAll(List.of(more));
        return run(line.toArray(String[]::new));
    }

    private static String subject(URI at) throws Exception {
        String said = run("openssl", "s_client", "-connect", at.getAuthority());
        return said.lines()
                .filter(line -> line.startsWith("subject="))
                .findFirst()
                .orElse(said);
    }

    @Test
    void theBannerSaysThatTheKernelIsKeptOut() throws Exception {
        assumeTrue(TlsProviders.whyNoOpenSsl() == null, TlsProviders.whyNoOpenSsl());
        TlsOptions options =
                TlsOptions.DEFAULT.with(Credentials.pem(Path.of(file("local.pem")), Path.of(file("local.key"))));
        TlsContext context = TlsContext.server(options.withKernel(false), TlsProviders.named("openssl"));
        String line = TlsCommandLine.engineLine(context);
        assertTrue(line.endsWith("; --no-ktls"), line);
    }

    @Test
    void servesWithACertificateOfItsOwnThatIsKept() throws Exception {
        Map<String, String> environment =
                Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
        List<String> digests = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (Command serve = Command.startWith(
                    environment,
                    "serve",
                    "--tls",
                    "-p",
                    "0",
                    "--redirect",
                    "0",
                    "--hsts",
                    "--log",
                    "json",
                    folder.toString())) {
                Matcher url = URL.matcher(serve.awaitErr("https://"));
                assertTrue(url.find());
                assertTrue(serve.awaitErr("  tls ").contains("localhost"));
                digests.add(serve.awaitErr("SHA-256"));
                assertTrue(serve.awaitErr("--cacert").contains("development.pem"));
                Matcher clear = Pattern.compile("port (\\d+)").matcher(serve.awaitErr("are sent here"));
                assertTrue(clear.find());
                String authority =
                        folder.resolve("state/millrace/development.pem").toString();
                String answer = curl(authority, "-iL", "http://127.0.0.1:" + clear.group(1) + "/a.txt");
                assertTrue(answer.startsWith("0\nHTTP/1.1 308 ") && answer.endsWith("some text\n"), answer);
                assertTrue(
                        answer.toLowerCase(Locale.ROOT).contains("strict-transport-security: max-age=15552000"),
                        answer);
                assertTrue(serve.awaitOut("\"status\":200").contains("\"tls\":\"TLSv1.3\",\"suite\":\"TLS_"));
                assertTrue(curl(authority, "http://" + URI.create(url.group()).getAuthority() + "/a.txt")
                        .contains("This port speaks HTTPS alone: " + url.group() + "a.txt"));
                serve.signal("TERM");
                assertEquals(0, serve.exitCode());
            }
        }
        assertEquals(digests.get(0), digests.get(1));
    }

    /** The directory is a port that nothing listens at: what is wrong is said, and the server answers all the same. */
    @Test
    void servesWhileACertificateIsBeingOrdered() throws Exception {
        Map<String, String> environment =
                Map.of("XDG_STATE_HOME", folder.resolve("state").toString());
        try (Command serve = Command.startWith(
                environment,
                "serve",
                "--acme",
                "www.millrace.test",
                "--acme-agree",
                "--acme-directory",
                "https://127.0.0.1:1/directory",
                "-p",
                "0",
                folder.toString())) {
            URI at = url(serve);
            assertTrue(serve.awaitOut("  tls ").contains("www.millrace.test"));
            assertTrue(serve.awaitOut("127.0.0.1: being ordered").contains("do not trust"));
            assertTrue(serve.awaitErr("no certificate for").contains("the next attempt is at"));
            String answer = run("curl", "-sSk", "--max-time", "60", "https://" + at.getAuthority() + "/a.txt");
            assertEquals("0\nsome text\n", answer);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "prefork", "thread"})
    void usesNewFilesAtSighupAndKeepsTheOldOnesIfTheyAreBroken(String model) throws Exception {
        Path chain = folder.resolve("chain.pem");
        Path key = folder.resolve("key.pem");
        Files.copy(Path.of(file("local.pem")), chain);
        Files.copy(Path.of(file("local.key")), key);
        try (Command serve = Command.start(
                "serve",
                "--model",
                model,
                "--loops",
                "2",
                "--tls-cert",
                chain.toString(),
                "--tls-key",
                key.toString(),
                "--tls-watch",
                "0",
                "-p",
                "0",
                folder.toString())) {
            URI at = url(serve);
            String before = subject(at);
            Files.writeString(chain, "nothing");
            serve.signal("HUP");
            assertTrue(serve.awaitErr("the certificate stays as it is").contains("holds no PEM block"));
            assertEquals(before, subject(at));
            Files.writeString(chain, Files.readString(Path.of(file("wild.pem"))));
            Files.writeString(key, Files.readString(Path.of(file("wild.key"))));
            serve.signal("HUP");
            serve.awaitErr("new certificate");
            // Workers are replaced one after another.
            long end = System.nanoTime() + 60_000_000_000L;
            while (subject(at).equals(before)) {
                assertTrue(System.nanoTime() < end, "the old certificate is still used");
            }
            assertTrue(curl(
                            file("ca.pem"),
                            "--resolve",
                            "a.example.org:" + at.getPort() + ":127.0.0.1",
                            "https://a.example.org:" + at.getPort() + "/a.txt")
                    .startsWith("0\n"));
            serve.signal("TERM");
            assertEquals(0, serve.exitCode());
        }
    }

    @Test
    void echoesOverTls() throws Exception {
        try (Command echo =
                Command.start("echo", "--tls-cert", file("local.pem"), "--tls-key", file("local.key"), "-p", "0")) {
            Matcher port = Pattern.compile(":(\\d+) ").matcher(echo.awaitOut("Echoing"));
            assertTrue(port.find());
            String said = run(
                    "openssl",
                    "s_client",
                    "-connect",
                    "127.0.0.1:" + port.group(1),
                    "-verify_return_error",
                    "-CAfile",
                    file("ca.pem"));
            assertTrue(said.contains("Verification: OK"), said);
        }
    }

    @Test
    void loadSendsMessagesOverAWebSocketInTls() throws Exception {
        try (Command echo = Command.start(
                "echo", "--websocket", "--tls-cert", file("local.pem"), "--tls-key", file("local.key"), "-p", "0")) {
            String port = echo.awaitOut("Echoing on 127.0.0.1:").replaceAll(".*127\\.0\\.0\\.1:(\\d+).*", "$1");
            try (Command load = Command.start(
                    "load",
                    "--cacert",
                    file("ca.pem"),
                    "--websocket",
                    "-c",
                    "2",
                    "-d",
                    "2",
                    "https://localhost:" + port + "/")) {
                load.awaitOut("wss://localhost:" + port + "/: 2 connections");
                load.awaitOut("failures none");
                assertEquals(0, load.exitCode());
            }
        }
    }

    @Test
    void loadAsksOverTlsAndCountsHandshakes() throws Exception {
        try (Command serve = Command.start(
                "serve",
                "--tls-cert",
                file("local.pem"),
                "--tls-key",
                file("local.key"),
                "-p",
                "0",
                folder.toString())) {
            String url = "https://localhost:" + url(serve).getPort() + "/a.txt";
            try (Command load = Command.start(
                    "load",
                    "--cacert",
                    file("ca.pem"),
                    "--new-connections",
                    "-c",
                    "2",
                    "-d",
                    "2",
                    "--json",
                    "-",
                    url)) {
                String counted = load.awaitOut("\"handshakes\"");
                assertTrue(Long.parseLong(counted.replaceAll("\\D", "")) > 2, counted);
                String resumed = load.awaitOut("\"resumptions\"");
                assertTrue(Long.parseLong(resumed.replaceAll("\\D", "")) > 0, resumed);
                load.awaitErr("handshakes, ");
                assertEquals(0, load.exitCode());
            }
            try (Command load = Command.start(
                    "load", "--http2", "--streams", "8", "-c", "2", "-d", "1", "--cacert", file("ca.pem"), url)) {
                load.awaitOut("2xx: ");
                assertEquals(0, load.exitCode());
            }
            try (Command load = Command.start("load", "-d", "1", url)) {
                assertTrue(load.awaitErr("TLS: ").contains("certificate_unknown"));
                assertEquals(1, load.exitCode());
            }
        }
    }

    @Test
    void whatCannotBeMeantIsSaid() throws Exception {
        refused(2, "--tls-key is said once", "--tls-cert", "a", "--tls-cert", "b", "--tls-key", "c");
        refused(2, "--client-cert needs --client-ca", "--tls", "--client-cert", "require");
        refused(2, "--hsts is for HTTPS", "--hsts");
        refused(2, "--redirect is for HTTPS", "--redirect", "80");
        refused(2, "--tls-min is for TLS", "--tls-min", "1.3");
        refused(2, "'1.1' is not one of 1.2, 1.3", "--tls", "--tls-min", "1.1");
        refused(2, "--tls-engine is for TLS", "--tls-engine", "jdk");
        refused(2, "'other' is not one of auto, jdk, openssl", "--tls", "--tls-engine", "other");
        refused(
                1,
                "a ticket secret of 10 bytes",
                "--tls-cert",
                file("local.pem"),
                "--tls-key",
                file("local.key"),
                "--ticket-key",
                file("short.secret"));
        refused(1, "nowhere.pem: no such file", "--tls-cert", "nowhere.pem");
        refused(1, "the key does not belong", "--tls-cert", file("local.pem"), "--tls-key", file("rsa.key"));
        refused(
                1,
                "the model process does not serve TLS by the JDK's engine",
                "--tls-engine",
                "jdk",
                "--tls-cert",
                file("local.pem"),
                "--tls-key",
                file("local.key"),
                "--model",
                "process");
    }

    private void refused(int code, String why, String... options) throws Exception {
        List<String> line = new ArrayList<>(List.of("serve", "-p", "0"));
        line.addAll(List.of(options));
        line.add("--directory");
        line.add(folder.toString());
        try (Command serve = Command.start(line.toArray(String[]::new))) {
            serve.awaitErr(why);
            assertEquals(code, serve.exitCode());
        }
    }

    @Test
    void loadSaysThatAServerDoesNotSpeakHttp2() throws Exception {
        try (Command serve = Command.start(
                "serve",
                "--no-http2",
                "--tls-cert",
                file("local.pem"),
                "--tls-key",
                file("local.key"),
                "-p",
                "0",
                folder.toString())) {
            String target = "https://localhost:" + url(serve).getPort() + "/a.txt";
            try (Command load = Command.start("load", "--http2", "-d", "1", "--cacert", file("ca.pem"), target)) {
                load.awaitErr("no_application_protocol");
                assertEquals(1, load.exitCode());
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.RawClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The programs of README run as they stand there, by the command that stands there; only ports are others. */
@Timeout(120)
class ReadmeTest {
    private static final String AROUND = """
            import io.millrace.core.*;
            import io.millrace.http.*;
            import io.millrace.net.*;
            import io.millrace.transport.*;
            import io.millrace.web.*;
            import java.net.InetSocketAddress;

            interface Database { String slowQuery(); }

            void main() throws Exception {
                WebServer server = WebServer.on(0);
                Database database = () -> "slow";
                LoopGroup loops = LoopGroup.open(1);
            @SERVER@
                System.out.println(server.start().port());
                Listener listener =
            @LOOPS@
                System.out.println(((InetSocketAddress) listener.address()).getPort());
            }
            """;

    @TempDir
    private Path folder;

    private static String readme() throws IOException {
        return Files.readString(Guide.root().resolve("README.md"));
    }

    private static List<String> blocks() throws IOException {
        return Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(readme())
                .results()
                .map(block -> block.group(1))
                .toList();
    }

    /**
     * The folder is there when the command has been built, as README says; else the same classes are taken as they are.
     */
    private static String classPath() throws IOException {
        MatchResult command = Pattern.compile("java --enable-native-access=ALL-UNNAMED -cp '(.*)/\\*' Hello.java")
                .matcher(readme())
                .results()
                .findFirst()
                .orElseThrow(() -> new AssertionError("README has no command for its first program"));
        Path jars = Guide.root().resolve(command.group(1));
        boolean built = Files.isRegularFile(jars.resolve("millrace-cli.jar"));
        return built ? jars + "/*" : System.getProperty("java.class.path");
    }

    private Process run(String source) throws IOException {
        Path file = Files.writeString(folder.resolve("Hello.java"), source);
        return new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static InetSocketAddress address(BufferedReader said) throws IOException {
        String port = said.readLine();
        assertTrue(port != null, "the program has ended");
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
    }

    private static String get(InetSocketAddress address, String path) throws IOException {
        try (RawClient client = RawClient.connect(address)) {
            return client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    .readText();
        }
    }

    @Test
    void theFirstProgramRuns() throws Exception {
        String program = blocks().getFirst();
        assertTrue(program.contains("WebServer.on(8080)") && program.contains(".start();"), program);
        Process process = run(program.replace("WebServer.on(8080)", "System.out.println(WebServer.on(0)")
                .replace(".start();", ".start().port());"));
        try {
            assertTrue(get(address(process.inputReader()), "/hello/world").endsWith("\r\n\r\nHello, world\n"));
        } finally {
            process.destroyForcibly().waitFor(60, TimeUnit.SECONDS);
        }
    }

    @Test
    void theOtherProgramsRun() throws Exception {
        List<String> blocks = blocks();
        assertEquals(3, blocks.size(), "a program of README that no test runs");
        String source = AROUND.replace("@SERVER@", blocks.get(1))
                .replace("@LOOPS@", blocks.get(2).replace("7000", "0"));
        Process process = run(source);
        try (BufferedReader said = process.inputReader()) {
            assertTrue(get(address(said), "/report").endsWith("\r\n\r\nslow"));
            try (RawClient client = RawClient.connect(address(said))) {
                client.send("hello\r\n".getBytes(StandardCharsets.US_ASCII));
                assertEquals("HELLO\r\n", client.readUntil("\r\n"));
            }
        } finally {
            process.destroyForcibly().waitFor(60, TimeUnit.SECONDS);
        }
    }
}

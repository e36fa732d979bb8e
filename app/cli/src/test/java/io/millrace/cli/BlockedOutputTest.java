// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.RawClient;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A command whose standard output nobody reads any more: the pipe is full, and each write to it would wait. */
@Timeout(180)
final class BlockedOutputTest {
    private static final int REQUESTS = 4000;

    @ParameterizedTest
    @ValueSource(strings = {"info", "verbose"})
    void neitherRequestsNorTheStopWaitForIt(String output, @TempDir Path folder) throws Exception {
        Process process = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        Command.classPath(),
                        Main.class.getName(),
                        "serve",
                        "-p",
                        "0",
                        "-o",
                        output,
                        folder.toString()))
                .redirectErrorStream(true)
                .start();
        try {
            // Of the banner no more is read than the address takes.
            BufferedReader banner = new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII), 64);
            String line = banner.readLine();
            while (!line.contains("http://")) {
                line = banner.readLine();
            }
            int port = URI.create(line.substring(line.indexOf("http://")).split("\\s")[0])
                    .getPort();
            try (RawClient client = RawClient.connect(port)) {
                for (int i = 0; i < REQUESTS; i++) {
                    client.send("GET /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                            .readUntil("\r\n\r\n");
                    client.readUntil("\n");
                }
            }
            process.destroy();
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the stop waits for the output");
            assertEquals(0, process.exitValue());
        } finally {
            process.destroyForcibly();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Hundreds of clients that pipeline requests and read no answers, against a server with a heap of 64 MB: it serves
 * whoever reads, and ends when it is told to.
 */
@Timeout(240)
class SilentClientsTest {
    private static final int SILENT = 600;
    private static final int REQUESTS = 250;
    private static final int ANSWERS = 30;
    private static final byte[] ASKED =
            "GET /file.txt HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(REQUESTS).getBytes(StandardCharsets.US_ASCII);

    @TempDir
    private Path folder;

    /** Those that serve many clients side by side in one process. */
    static Stream<IoModel> models() {
        return Stream.of(IoModel.values()).filter(one -> !one.inProcesses() && one.clientsAtOnce() > 1);
    }

    @ParameterizedTest
    @MethodSource("models")
    void whoReadsIsServedBesideThem(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
        Files.write(folder.resolve("file.txt"), new byte[16 * 1024]);
        Files.writeString(folder.resolve("small.txt"), "small");
        List<SocketChannel> silent = new ArrayList<>();
        try (Command server = start(model)) {
            URI url = server.url();
            InetSocketAddress address = new InetSocketAddress("127.0.0.1", url.getPort());
            askOnce(address);
            for (int i = 0; i < SILENT; i++) {
                silent.add(askAndDoNotRead(address));
            }
            for (int i = 0; i < ANSWERS; i++) {
                askOnce(address);
                readALittle(silent);
            }
            assertTrue(server.isAlive());
            server.signal("KILL");
            String err = server.restOfErr();
            assertFalse(err.contains("OutOfMemoryError"), err);
        } finally {
            for (SocketChannel client : silent) {
                client.close();
            }
        }
    }

    private Command start(IoModel model) throws IOException {
        return Command.start(new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                Command.classPath(),
                Main.class.getName(),
                "serve",
                "--log",
                "none",
                "--no-status",
                "-p",
                "0",
                "--model",
                model.id(),
                folder.toString()));
    }

    private static SocketChannel askAndDoNotRead(InetSocketAddress address) throws IOException {
        SocketChannel client = SocketChannel.open();
        client.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
        client.connect(address);
        client.configureBlocking(false);
        try {
            client.write(ByteBuffer.wrap(ASKED));
        } catch (IOException e) {
            // It has been broken off already: that is an answer, too.
        }
        return client;
    }

    /** So that it never counts as stalled. */
    private static void readALittle(List<SocketChannel> silent) {
        for (SocketChannel client : silent) {
            try {
                client.read(ByteBuffer.allocate(16));
            } catch (IOException e) {
                // Broken off.
            }
        }
    }

    /** Has its answer within the patience of a {@link RawClient}. */
    private static void askOnce(InetSocketAddress address) throws IOException {
        try (RawClient client = RawClient.connect(address)) {
            client.send("GET /small.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            String answer = client.readText();
            assertTrue(answer.startsWith("HTTP/1.1 200 ") && answer.endsWith("\r\n\r\nsmall"), answer);
        }
    }
}

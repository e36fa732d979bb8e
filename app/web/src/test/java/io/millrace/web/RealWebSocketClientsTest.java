// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.websocket.OriginPolicy;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketCompression;
import io.millrace.websocket.WebSocketLimits;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of other people, where they are installed: ws and undici for Node (found by NODE_PATH), websockets for
 * Python. They send texts and binary messages from none to 16 MiB through every window, with and without context
 * takeover.
 */
final class RealWebSocketClientsTest {
    private static final int MOST = 32 << 20;

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

    @TempDir
    Path folder;

    @Test
    void wsForNode() throws Exception {
        assumeTrue(runs("node", "-e", "require('ws')"), "ws for Node is not installed (NODE_PATH)");
        assertEquals("ok 17", talk("websocket-peer.js", "node", "ws"));
    }

    @Test
    void undiciForNode() throws Exception {
        assumeTrue(runs("node", "-e", "require('undici')"), "undici for Node is not installed (NODE_PATH)");
        assertEquals("ok 1", talk("websocket-peer.js", "node", "undici"));
    }

    @Test
    void websocketsForPython() throws Exception {
        String python = Stream.of("python3", "/usr/bin/python3")
                .filter(program -> runs(program, "-c", "import websockets"))
                .findFirst()
                .orElse(null);
        assumeTrue(python != null, "websockets for Python is not installed");
        assertEquals("ok 15", talk("websocket-peer.py", python, null));
    }

    private String talk(String script, String program, String kind) throws Exception {
        Path file = folder.resolve(script);
        try (InputStream in = RealWebSocketClientsTest.class.getResourceAsStream(script)) {
            Files.copy(in, file);
        }
        WebSocketOptions options = WebSocketOptions.DEFAULT
                .withOrigins(OriginPolicy.ANY)
                .withLimits(WebSocketLimits.DEFAULT.withSizes(MOST, MOST).withCounts(100_000, 1000))
                .withCompression(WebSocketCompression.DEFAULT.withTakeover(true, true));
        try (WebServer server =
                WebServer.on(0).webSocket("/x", options, request -> new Echo()).start()) {
            List<String> command = new ArrayList<>(List.of(program, file.toString()));
            if (kind != null) {
                command.add(kind);
            }
            command.add("ws://127.0.0.1:" + server.port() + "/x");
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            return said.strip();
        }
    }

    private static boolean runs(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}

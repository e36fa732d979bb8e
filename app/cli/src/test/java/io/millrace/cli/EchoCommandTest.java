// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class EchoCommandTest {

    @Test
    void everyByteComesBackAndTheStopIsOrderly() throws Exception {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "the loops of this release are for Linux");
        byte[] sent = new byte[3 << 20];
        new Random(7).nextBytes(sent);
        try (Command echo = Command.start("echo", "-p", "0")) {
            String banner = echo.awaitOut("Echoing on 127.0.0.1:");
            int port = Integer.parseInt(banner.replaceAll(".*127\\.0\\.0\\.1:(\\d+).*", "$1"));
            assertArrayEquals(sent, exchange(port, sent));
            echo.signal("TERM");
            assertEquals(0, echo.exitCode());
            assertEquals("", echo.restOfErr());
        }
    }

    @Test
    void everyMessageComesBackOnAnyPath() throws Exception {
        assumeTrue(System.getProperty("os.name").contains("Linux"), "the loops of this release are for Linux");
        BlockingQueue<String> told = new LinkedBlockingQueue<>();
        WebSocket.Listener listener = new WebSocket.Listener() {
            @Override
            public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                told.add(data.toString());
                socket.request(1);
                return null;
            }

            @Override
            public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
                told.add("closed " + code);
                return null;
            }
        };
        HttpClient client = HttpClient.newHttpClient();
        try (Command echo = Command.start("echo", "--websocket", "-p", "0")) {
            String banner = echo.awaitOut("Echoing on 127.0.0.1:");
            int port = Integer.parseInt(banner.replaceAll(".*127\\.0\\.0\\.1:(\\d+).*", "$1"));
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create("ws://127.0.0.1:" + port + "/any/path"), listener)
                    .get(60, TimeUnit.SECONDS);
            socket.sendText("hello", true).get(60, TimeUnit.SECONDS);
            assertEquals("hello", told.poll(60, TimeUnit.SECONDS));
            echo.signal("TERM");
            assertEquals("closed 1001", told.poll(60, TimeUnit.SECONDS));
            assertEquals(0, echo.exitCode());
            assertEquals("", echo.restOfErr());
        } finally {
            client.shutdownNow();
        }
    }

    /** Sends all and half-closes; what has come back by the end of the stream is the answer. */
    private static byte[] exchange(int port, byte[] bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                try {
                    socket.getOutputStream().write(bytes);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            byte[] back = socket.getInputStream().readAllBytes();
            sending.join();
            return back;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
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

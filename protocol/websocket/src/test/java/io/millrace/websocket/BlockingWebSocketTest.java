// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.testkit.WebSocketFrames;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Blocking calls on a thread of their own, while the test's thread is the loop. */
final class BlockingWebSocketTest {
    private final BlockingWebSocket socket = new BlockingWebSocket();
    private final Server server = new Server(WebSocketOptions.DEFAULT, socket.listener());

    private interface Work {
        void run() throws Exception;
    }

    private static CompletableFuture<Void> apart(Work work) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                work.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    private void await(CompletableFuture<Void> done) throws Exception {
        server.link.runUntil(done::isDone);
        done.get();
    }

    @Test
    void messagesAreEchoedByCodeFromTopToBottom() throws Exception {
        CompletableFuture<Void> work = apart(() -> {
            try (socket) {
                for (WebSocketMessage message; (message = socket.receive()) != null; ) {
                    socket.send(message);
                }
            }
        });
        server.open("");
        int head = server.link.sent().length;
        server.feed(new WebSocketFrames().frame(0x81, "one").frame(0x82, "two"));
        server.link.runUntil(() -> server.link.sent().length == head + 10);
        server.feed(new WebSocketFrames().close());
        await(work);
        assertEquals(1000, socket.closeCode());
    }

    @Test
    void aReaderThatDoesNotReadStopsItsPeer() throws Exception {
        server.open("");
        byte[] message = new byte[64 * 1024];
        int fed = 0;
        while (!server.link.isPaused()) {
            server.feed(new WebSocketFrames().frame(0x82, message));
            fed++;
            assertTrue(fed < 20, "the peer is never stopped");
        }
        int count = fed;
        CompletableFuture<Void> work = apart(() -> {
            for (int i = 0; i < count; i++) {
                assertEquals(message.length, socket.receive().bytes().length);
            }
        });
        await(work);
        server.link.runUntil(() -> !server.link.isPaused());
        assertFalse(server.link.isPaused());
    }

    @Test
    void aWriterWaitsForASlowPeer() throws Exception {
        server.open("");
        server.link.highWater(64 * 1024).window(0);
        AtomicInteger sent = new AtomicInteger();
        CompletableFuture<Void> work = apart(() -> {
            for (int i = 0; i < 100; i++) {
                socket.send(new byte[32 * 1024]);
                sent.incrementAndGet();
            }
        });
        server.link.runUntil(() -> server.link.pending() >= 256 * 1024);
        assertTrue(sent.get() < 20, () -> "sent " + sent);
        assertFalse(work.isDone());
        server.link.window(Long.MAX_VALUE);
        await(work);
        assertEquals(100, sent.get());
    }

    @Test
    void theEndIsToldToWhoeverWaits() throws Exception {
        server.open("");
        CompletableFuture<Void> work = apart(() -> assertNull(socket.receive()));
        server.link.reset();
        await(work);
        assertEquals(1006, socket.awaitClose());
        ExecutionException failed = assertThrows(ExecutionException.class, () -> await(apart(() -> socket.send("x"))));
        assertTrue(failed.getCause() instanceof IOException);
        socket.close();
    }

    @Test
    void anOpeningThatFailsEndsTheWait() throws Exception {
        CompletableFuture<Void> work = apart(() -> assertNull(socket.receive()));
        socket.listener().failed("refused");
        await(work);
        assertEquals("refused", socket.closeReason());
        assertEquals("", socket.subprotocol());
    }

    @Test
    void interruptionEndsTheWait() throws Exception {
        server.open("");
        CompletableFuture<Void> work = apart(() -> {
            Thread.currentThread().interrupt();
            assertThrows(InterruptedIOException.class, socket::receive);
        });
        await(work);
    }

    @Test
    void theThreadOfTheConnectionMustNotWait() {
        server.open("");
        assertThrows(IllegalStateException.class, socket::receive);
    }
}

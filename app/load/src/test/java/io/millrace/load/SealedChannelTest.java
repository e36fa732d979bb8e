// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.load.SessionKeys.End;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The two ends of a channel, and who stands between them. */
@Timeout(60)
final class SealedChannelTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private CompletableFuture<SealedChannel> agent(String token) {
        CompletableFuture<SealedChannel> agent = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                agent.complete(SealedChannel.accept(server.accept(), token, LONG));
            } catch (IOException e) {
                agent.completeExceptionally(e);
            }
        });
        return agent;
    }

    private static SealedChannel coordinator(InetSocketAddress to, String token) throws IOException {
        return SealedChannel.open(new Socket(to.getAddress(), to.getPort()), token, LONG);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void whatIsSentIsReceivedOnBothSides() throws Exception {
        CompletableFuture<SealedChannel> accepted = agent("token");
        try (SealedChannel coordinator = coordinator(address(), "token");
                SealedChannel agent = accepted.get()) {
            byte[] large = new byte[3 << 20];
            new Random(1).nextBytes(large);
            for (byte[] said : new byte[][] {bytes("a"), {}, bytes("plan"), large, {}}) {
                Thread.startVirtualThread(() -> {
                    try {
                        coordinator.send(said);
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                });
                assertArrayEquals(said, agent.receive(LONG));
                agent.send(bytes("yes"));
                assertArrayEquals(bytes("yes"), coordinator.receive(LONG));
            }
            agent.finish();
            assertThrows(EOFException.class, () -> coordinator.receive(LONG));
        }
    }

    @Test
    void silenceIsNotWaitedOutForEver() throws Exception {
        CompletableFuture<SealedChannel> accepted = agent("token");
        try (SealedChannel coordinator = coordinator(address(), "token");
                SealedChannel agent = accepted.get()) {
            assertThrows(SocketTimeoutException.class, () -> agent.receive(SHORT));
            assertThrows(SocketTimeoutException.class, () -> coordinator.receive(SHORT));
        }
    }

    @Test
    void anotherTokenIsRefusedByBoth() throws Exception {
        CompletableFuture<SealedChannel> accepted = agent("token");
        IOException e = assertThrows(IOException.class, () -> coordinator(address(), "Token"));
        assertEquals("wrong token", e.getMessage());
        assertThrows(ExecutionException.class, accepted::get);
    }

    /** An agent that takes any token has not proved that it knows ours. */
    @Test
    void anAgentMustKnowTheTokenToo() throws Exception {
        Thread.startVirtualThread(() -> {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write(bytes("millrace-agent/2"));
                socket.getOutputStream().write(new byte[SessionKeys.NONCE_BYTES]);
                byte[] greeting = socket.getInputStream().readNBytes(SealedChannel.GREETING_BYTES);
                // The coordinator's own proof sent back is none of the agent's.
                socket.getOutputStream().write('y');
                socket.getOutputStream().write(greeting, SessionKeys.NONCE_BYTES, SessionKeys.PROOF_BYTES);
                socket.getInputStream().read();
            } catch (IOException e) {
                // The coordinator has gone.
            }
        });
        IOException e = assertThrows(IOException.class, () -> coordinator(address(), "token"));
        assertEquals("wrong token", e.getMessage());
    }

    @Test
    void whatIsNoAgentIsSaidToBeNone() throws Exception {
        Thread.startVirtualThread(() -> {
            try (Socket socket = server.accept()) {
                socket.getOutputStream().write(bytes("SSH-2.0-OpenSSH_9.2p1\r\n"));
                socket.getInputStream().read();
            } catch (IOException e) {
                // The coordinator has gone.
            }
        });
        IOException e = assertThrows(IOException.class, () -> coordinator(address(), "token"));
        assertTrue(e.getMessage().startsWith("this is no agent"), e.getMessage());
    }

    @Test
    void nothingIsSentInTheClear() throws Exception {
        CompletableFuture<SealedChannel> accepted = agent("a secret token");
        try (Relay relay = new Relay(address(), -1, -1);
                SealedChannel coordinator = coordinator(relay.address(), "a secret token");
                SealedChannel agent = accepted.get()) {
            coordinator.send(bytes("{\"plan\": \"to-the-agent\"}"));
            agent.receive(LONG);
            agent.send(bytes("{\"result\": \"to-the-coordinator\"}"));
            coordinator.receive(LONG);
            String seen = new String(relay.toAgent(), StandardCharsets.ISO_8859_1)
                    + new String(relay.toCoordinator(), StandardCharsets.ISO_8859_1);
            for (String word : new String[] {"secret", "token", "plan", "result", "to-the"}) {
                assertFalse(seen.contains(word), word);
            }
        }
    }

    /** Every single byte counts: of the nonces, of the proofs, of a record's length and of what is in it. */
    @Test
    void whatWasChangedOnItsWayIsRefused() throws Exception {
        int greeting = SealedChannel.GREETING_BYTES;
        for (int wrong : new int[] {0, 31, 32, 63, greeting + 3, greeting + 4, greeting + 10, greeting + 24}) {
            CompletableFuture<SealedChannel> accepted = agent("token");
            try (Relay relay = new Relay(address(), wrong, -1)) {
                assertThrows(
                        IOException.class,
                        () -> {
                            try (SealedChannel coordinator = coordinator(relay.address(), "token");
                                    SealedChannel agent = accepted.get()) {
                                coordinator.send(bytes("hello"));
                                coordinator.finish();
                                agent.receive(LONG);
                            }
                        },
                        "byte " + wrong);
            }
        }
        for (int wrong : new int[] {0, 16, 47, 48, 49, 80}) {
            agent("token");
            try (Relay relay = new Relay(address(), -1, wrong)) {
                assertThrows(IOException.class, () -> coordinator(relay.address(), "token"), "byte " + wrong);
            }
        }
    }

    @Test
    void aRecordedGreetingIsNoneTheNextTime() throws Exception {
        byte[] recorded;
        CompletableFuture<SealedChannel> accepted = agent("token");
        try (Relay relay = new Relay(address(), -1, -1);
                SealedChannel _ = coordinator(relay.address(), "token")) {
            accepted.get().close();
            recorded = Arrays.copyOf(relay.toAgent(), SealedChannel.GREETING_BYTES);
        }
        CompletableFuture<SealedChannel> again = agent("token");
        try (Socket socket = new Socket(address().getAddress(), address().getPort())) {
            socket.getOutputStream().write(recorded);
            socket.getInputStream().readNBytes(16 + SessionKeys.NONCE_BYTES);
            assertEquals('n', socket.getInputStream().read());
            assertThrows(ExecutionException.class, again::get);
        }
    }

    /** Records cannot be sent twice, nor back to where they came from. */
    @Test
    void aRecordIsGoodOnceAndInOneDirection() throws Exception {
        for (boolean back : new boolean[] {true, false}) {
            CompletableFuture<SealedChannel> accepted = agent("token");
            Socket socket = new Socket(address().getAddress(), address().getPort());
            try (SealedChannel coordinator = SealedChannel.open(socket, "token", LONG);
                    SealedChannel agent = accepted.get()) {
                agent.send(bytes("once"));
                byte[] record = socket.getInputStream().readNBytes(Integer.BYTES + 4 + 16);
                if (!back) {
                    coordinator.send(bytes("first"));
                    agent.receive(LONG);
                }
                socket.getOutputStream().write(record);
                assertThrows(IOException.class, () -> agent.receive(LONG));
            }
        }
    }

    @Test
    void lengthsHaveALimit() throws Exception {
        for (int length : new int[] {-1, 0, 15, SealedChannel.LONGEST + 17, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            CompletableFuture<SealedChannel> accepted = agent("token");
            Socket socket = new Socket(address().getAddress(), address().getPort());
            try (SealedChannel coordinator = SealedChannel.open(socket, "token", LONG);
                    SealedChannel agent = accepted.get()) {
                socket.getOutputStream()
                        .write(ByteBuffer.allocate(Integer.BYTES).putInt(length).array());
                assertThrows(IOException.class, () -> agent.receive(LONG));
                assertThrows(IOException.class, () -> coordinator.send(new byte[SealedChannel.LONGEST + 1]));
            }
        }
    }

    @Test
    void everyPartOfTheKeysDependsOnTokenNoncesAndEnd() {
        byte[] one = SessionKeys.nonce();
        byte[] two = SessionKeys.nonce();
        SessionKeys keys = new SessionKeys("token", one, two);
        assertArrayEquals(keys.proof(End.AGENT), new SessionKeys("token", one, two).proof(End.AGENT));
        for (SessionKeys other : new SessionKeys[] {
            new SessionKeys("Token", one, two),
            new SessionKeys("token", two, one),
            new SessionKeys("token", SessionKeys.nonce(), two),
            new SessionKeys("token", one, SessionKeys.nonce())
        }) {
            assertFalse(Arrays.equals(keys.proof(End.AGENT), other.proof(End.AGENT)));
            assertFalse(Arrays.equals(
                    keys.sealing(End.AGENT).getEncoded(),
                    other.sealing(End.AGENT).getEncoded()));
        }
        assertFalse(Arrays.equals(keys.proof(End.AGENT), keys.proof(End.COORDINATOR)));
        assertFalse(Arrays.equals(keys.proof(End.AGENT), keys.sealing(End.AGENT).getEncoded()));
        assertFalse(Arrays.equals(
                keys.sealing(End.AGENT).getEncoded(),
                keys.sealing(End.COORDINATOR).getEncoded()));
    }
}

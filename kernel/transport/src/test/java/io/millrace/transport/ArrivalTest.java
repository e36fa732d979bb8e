// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.ring.Probe;
import io.millrace.socket.Kernel;
import io.millrace.socket.TracedKernel;
import io.millrace.socket.UnixAddress;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Watched;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Connections that a ring brings by itself, and the places where it must not: near a limit, during a pause, at the end,
 * where several share the socket.
 */
@Timeout(120)
class ArrivalTest {
    private static final ProtocolFactory ECHO = Echo::new;

    private final ByteArrayOutputStream calls = new ByteArrayOutputStream();

    @BeforeEach
    void begin() {
        Probe probe = Probe.host();
        Assumptions.assumeTrue(probe.available(), probe.whyNot());
    }

    /** A group of ring loops whose calls are noted down. */
    private LoopGroup loops(int count) throws IOException {
        PrintStream out = new PrintStream(calls, true, StandardCharsets.UTF_8);
        return LoopGroup.open(TracedKernel.over(Kernel.host(), out), count, Engine.RING);
    }

    private long made(String call) {
        return Pattern.compile("  " + call + " \\d+")
                .matcher(calls.toString(StandardCharsets.UTF_8))
                .results()
                .count();
    }

    private static Protocol telling(Events<String> peers) {
        return new Echo() {
            @Override
            public void opened(Link link) {
                peers.add(link.peer().toString());
            }
        };
    }

    private static void echoes(RawClient client) throws IOException {
        assertEquals("ping", new String(client.send("ping").read(4), StandardCharsets.ISO_8859_1));
    }

    private static List<RawClient> clients(Listener listening, int count) throws IOException {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            RawClient client = RawClient.connect(listening.address());
            echoes(client);
            clients.add(client);
        }
        return clients;
    }

    private static void close(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
    }

    @Test
    void whereThereIsRoomConnectionsAreNotFetched() throws Exception {
        Events<String> peers = new Events<>();
        try (LoopGroup loops = loops(1)) {
            Listener listening = loops.listen(ListenOptions.on(Servers.LOOPBACK), () -> () -> telling(peers));
            for (int i = 0; i < 40; i++) {
                try (RawClient client = RawClient.connect(listening.address())) {
                    echoes(client);
                    assertEquals("/127.0.0.1:" + client.localPort(), peers.next());
                }
            }
            // The first is fetched, and that there are no more.
            assertTrue(made("accept") <= 4, calls::toString);
            assertTrue(made("getpeername") >= 38, calls::toString);
        }
    }

    @Test
    void thoseWhoShareASocketFetch() throws Exception {
        try (LoopGroup loops = loops(2)) {
            Listener listening =
                    loops.listen(ListenOptions.on(Servers.LOOPBACK).withSpread(AcceptDistribution.SHARED), () -> ECHO);
            close(clients(listening, 20));
            assertTrue(made("accept") >= 20, calls::toString);
            assertEquals(0, made("getpeername"), calls::toString);
        }
    }

    @Test
    void nearTheLimitConnectionsWaitForAPlace() throws Exception {
        ListenOptions options =
                ListenOptions.on(Servers.LOOPBACK).withBacklog(4).withMaxConnections(10, OverloadPolicy.WAIT);
        try (LoopGroup loops = loops(1)) {
            Listener listening = loops.listen(options, () -> ECHO);
            // Twice: having been near it once must not be the end of it.
            for (int round = 1; round <= 2; round++) {
                List<RawClient> served = clients(listening, 10);
                // Those who would leave less room than all in the kernel's queue may need are fetched.
                assertTrue(made("getpeername") >= 3L * round && made("getpeername") <= 6L * round, calls::toString);
                List<RawClient> waiting = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    waiting.add(RawClient.connect(listening.address()).send("ping"));
                }
                assertEquals(10, listening.connections());
                for (RawClient client : waiting) {
                    served.removeFirst().close();
                    assertEquals("ping", new String(client.read(4), StandardCharsets.ISO_8859_1));
                }
                close(waiting);
                close(served);
                Servers.awaitNone(listening);
            }
        }
    }

    /** Many at once, more than there is room for: none is lost, whichever way it was taken. */
    @Test
    void aCrowdIsServedByTurns() throws Exception {
        ListenOptions options =
                ListenOptions.on(Servers.LOOPBACK).withBacklog(16).withMaxConnections(20, OverloadPolicy.WAIT);
        try (LoopGroup loops = loops(1)) {
            Listener listening = loops.listen(options, () -> ECHO);
            close(clients(listening, 2));
            List<Thread> crowd = new ArrayList<>();
            Events<String> answers = new Events<>();
            for (int i = 0; i < 100; i++) {
                crowd.add(Thread.startVirtualThread(() -> {
                    try (RawClient client = RawClient.connect(listening.address())) {
                        answers.add(new String(client.send("ping").read(4), StandardCharsets.ISO_8859_1));
                    } catch (IOException e) {
                        answers.add(e.toString());
                    }
                }));
            }
            for (int i = 0; i < 100; i++) {
                assertEquals("ping", answers.next());
            }
            for (Thread one : crowd) {
                one.join();
            }
            Servers.awaitNone(listening);
        }
    }

    /**
     * Clients that have arrived, but have not been looked at yet when the loop comes to do what it was asked for
     * meanwhile.
     */
    private List<RawClient> arriveBefore(LoopGroup loops, Listener listening, int count, Runnable asking)
            throws Exception {
        Events<String> held = new Events<>();
        Events<String> go = new Events<>();
        EventLoop loop = loops.loop(0);
        loop.execute(() -> {
            held.add("held");
            try {
                go.next();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            ((RingDriver) Driver.of(loop)).call(0, 0);
        });
        held.next();
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(RawClient.connect(listening.address()).send("ping"));
        }
        asking.run();
        go.add("go");
        return clients;
    }

    private static void answered(List<RawClient> clients) throws IOException {
        for (RawClient client : clients) {
            assertEquals("ping", new String(client.read(4), StandardCharsets.ISO_8859_1));
        }
        close(clients);
    }

    /** As with accept(2): whoever has gone before he was looked at is told of all the same, and by name. */
    @Test
    void whoHasGoneAgainIsToldOf() throws Exception {
        for (String host : List.of("127.0.0.1", "::1")) {
            Events<String> peers = new Events<>();
            Events<CloseCause> causes = new Events<>();
            ProtocolFactory factory = () -> new Watched(telling(peers), causes);
            try (LoopGroup loops = loops(1)) {
                Listener listening = loops.listen(ListenOptions.on(new InetSocketAddress(host, 0)), () -> factory);
                close(clients(listening, 1));
                peers.next();
                causes.next();
                List<String> gone = new ArrayList<>();
                arriveBefore(loops, listening, 0, () -> {
                    for (int i = 0; i < 5; i++) {
                        gone.add("/" + (host.equals("::1") ? "[0:0:0:0:0:0:0:1]" : host) + ":"
                                + connectAndReset(listening));
                    }
                });
                for (String peer : gone) {
                    assertEquals(peer, peers.next());
                    assertEquals(CloseCause.RESET, causes.next());
                }
            }
        }
    }

    private static int connectAndReset(Listener listening) {
        try (RawClient client = RawClient.connect(listening.address())) {
            int port = client.localPort();
            client.reset();
            return port;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whoComesDuringAPauseIsServedAfterIt() throws Exception {
        try (LoopGroup loops = loops(1)) {
            Listener listening = loops.listen(ListenOptions.on(Servers.LOOPBACK), () -> ECHO);
            close(clients(listening, 3));
            for (int round = 0; round < 3; round++) {
                Servers.awaitNone(listening);
                List<RawClient> early = arriveBefore(loops, listening, 5, listening::pause);
                loops.loop(0).await(() -> {});
                assertEquals(0, listening.connections());
                // These stay with the kernel.
                for (int i = 0; i < 5 * round; i++) {
                    early.add(RawClient.connect(listening.address()).send("ping"));
                }
                listening.resume();
                answered(early);
            }
        }
    }

    @Test
    void whoHasConnectedBeforeTheEndIsServed() throws Exception {
        try (LoopGroup loops = loops(1)) {
            Listener listening = loops.listen(ListenOptions.on(Servers.LOOPBACK), () -> ECHO);
            close(clients(listening, 3));
            answered(arriveBefore(loops, listening, 20, listening::close));
            Servers.awaitRefusal(listening.address());
            assertEquals(1, made("submits: cancel accept"), calls::toString);
        }
    }

    @Test
    void anAbruptEndLeavesNoDescriptorOpen() throws Exception {
        assertLeavesNoneOpen(this::endInTheMiddle);
    }

    @Test
    void anEndDuringAPauseLeavesNoDescriptorOpen() throws Exception {
        assertLeavesNoneOpen(this::endInAPause);
    }

    private static void assertLeavesNoneOpen(Callable<Void> end) throws Exception {
        // What is opened once for the process is open by then.
        end.call();
        long before = Servers.descriptors();
        end.call();
        assertEquals(before, Servers.descriptors());
    }

    private Void endInTheMiddle() throws Exception {
        LoopGroup loops = loops(1);
        Listener listening = loops.listen(ListenOptions.on(Servers.LOOPBACK), () -> ECHO);
        close(clients(listening, 3));
        List<RawClient> early = arriveBefore(loops, listening, 5, loops::close);
        loops.await();
        close(early);
        return null;
    }

    private Void endInAPause() throws Exception {
        LoopGroup loops = loops(1);
        Listener listening = loops.listen(ListenOptions.on(Servers.LOOPBACK), () -> ECHO);
        close(clients(listening, 3));
        List<RawClient> early = arriveBefore(loops, listening, 5, listening::pause);
        loops.loop(0).await(() -> {});
        loops.close();
        loops.await();
        close(early);
        return null;
    }

    @Test
    void aUnixSocketsConnectionsComeAsWell(@TempDir Path folder) throws Exception {
        Path path = folder.resolve("s");
        try (LoopGroup loops = loops(1)) {
            ListenOptions options = ListenOptions.on(UnixAddress.of(path)).withSpread(AcceptDistribution.HAND_OVER);
            loops.listen(options, () -> ECHO);
            for (int i = 0; i < 10; i++) {
                try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
                    client.write(ByteBuffer.wrap(new byte[] {'p'}));
                    ByteBuffer answer = ByteBuffer.allocate(1);
                    assertEquals(1, client.read(answer));
                    assertEquals('p', answer.get(0));
                }
            }
            assertTrue(made("getpeername") >= 8, calls::toString);
        }
    }
}

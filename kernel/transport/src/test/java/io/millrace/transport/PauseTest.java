// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.ListenFlags;
import io.millrace.sys.Errno;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import io.millrace.transport.Servers.Watched;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Listening that pauses, that its own callbacks stop, that is deferred, inherited, or broken. */
@Timeout(60)
class PauseTest {
    private static void settle(LoopGroup group) throws InterruptedException {
        for (int i = 0; i < group.size(); i++) {
            EventLoop loop = group.loop(i);
            CountDownLatch turned = new CountDownLatch(1);
            loop.execute(() -> loop.execute(turned::countDown));
            assertTrue(turned.await(20, TimeUnit.SECONDS));
        }
    }

    @ParameterizedTest
    @EnumSource(AcceptDistribution.class)
    void whoListensPausedTakesNobodyUntilItGoesOn(AcceptDistribution spread) throws Exception {
        ListenOptions options =
                ListenOptions.on(Servers.LOOPBACK).withSpread(spread).withPaused(true);
        try (Running server = new Running(2, options, () -> Echo::new);
                RawClient early = server.connect()) {
            early.send("early");
            settle(server.group);
            assertEquals(0, server.listening.connections());
            assertTrue(server.listening.paused());
            server.listening.resume();
            assertEquals("early", new String(early.read(5), UTF_8));
            server.listening.pause();
            settle(server.group);
            try (RawClient late = server.connect()) {
                late.send("late");
                early.send("go on");
                assertEquals("go on", new String(early.read(5), UTF_8), "those that stand go on");
                settle(server.group);
                assertEquals(1, server.listening.connections());
                server.listening.resume();
                assertEquals("late", new String(late.read(4), UTF_8));
            }
        }
    }

    /** A factory that pauses or closes its own listening, with more waiting. */
    @Test
    void aFactoryThatPausesTakesNotOneMore() throws Exception {
        AtomicReference<Listener> listening = new AtomicReference<>();
        AtomicInteger made = new AtomicInteger();
        ProtocolFactory factory = () -> {
            made.incrementAndGet();
            listening.get().pause();
            return new Echo();
        };
        try (Running server = new Running(1, ListenOptions.on(Servers.LOOPBACK).withPaused(true), () -> factory)) {
            listening.set(server.listening);
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                clients.add(server.connect().send("hello"));
            }
            for (int i = 0; i < 3; i++) {
                server.listening.resume();
                assertEquals("hello", new String(clients.get(i).read(5), UTF_8));
                settle(server.group);
                assertEquals(i + 1, made.get());
            }
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aFactoryThatClosesItsListening() throws Exception {
        AtomicReference<Listener> listening = new AtomicReference<>();
        ProtocolFactory factory = () -> {
            listening.get().close();
            return new Echo();
        };
        try (Running server = new Running(1, ListenOptions.on(Servers.LOOPBACK).withPaused(true), () -> factory)) {
            listening.set(server.listening);
            try (RawClient first = server.connect().send("first");
                    RawClient second = server.connect().send("second")) {
                server.listening.resume();
                assertEquals("first", new String(first.read(5), UTF_8));
                assertEquals("second", new String(second.read(6), UTF_8), "the kernel had accepted it already");
                settle(server.group);
                assertThrows(IOException.class, server::connect);
            }
        }
    }

    @Test
    void closedWhilePausedItTakesNobody() throws Exception {
        AtomicInteger made = new AtomicInteger();
        ProtocolFactory factory = () -> {
            made.incrementAndGet();
            return new Echo();
        };
        try (Running server = new Running(2, ListenOptions.on(Servers.LOOPBACK).withPaused(true), () -> factory);
                RawClient client = server.connect()) {
            server.listening.close();
            server.listening.resume();
            settle(server.group);
            assertEquals(0, made.get());
            assertThrows(IOException.class, server::connect);
            assertThrows(IOException.class, () -> client.send("x").read(1));
        }
    }

    @Test
    void whoPausesFromOutsideAgainAndAgainLosesNobody() throws Exception {
        try (Running server = new Running(2, ListenOptions.on(Servers.LOOPBACK), () -> Echo::new)) {
            Thread switcher = Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 500; i++) {
                    server.listening.pause();
                    server.listening.resume();
                }
            });
            for (int i = 0; i < 200; i++) {
                try (RawClient client = server.connect().send("ping")) {
                    assertEquals("ping", new String(client.read(4), UTF_8));
                }
            }
            switcher.join();
        }
    }

    /** Peers that break off while they wait to be accepted harm nobody else. */
    @Test
    void resetsInTheQueueAreTheirOwnEndOnly() throws Exception {
        Events<CloseCause> ends = new Events<>();
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withPaused(true);
        try (Running server = new Running(1, options, () -> () -> new Watched(new Echo(), ends))) {
            for (int i = 0; i < 20; i++) {
                Socket rude = new Socket();
                rude.connect(server.listening.address());
                rude.setSoLinger(true, 0);
                rude.close();
            }
            try (RawClient polite = server.connect().send("still here")) {
                server.listening.resume();
                assertEquals("still here", new String(polite.read(10), UTF_8));
                for (int i = 0; i < 20; i++) {
                    assertEquals(CloseCause.RESET, ends.next());
                }
            }
        }
    }

    /** tcp(7) TCP_DEFER_ACCEPT: who says nothing waits behind those who do, though it came first. */
    @Test
    void deferredAreThoseWhoSayNothing() throws Exception {
        Events<Integer> ports = new Events<>();
        ProtocolFactory factory = () -> new Echo() {
            @Override
            public void opened(Link link) {
                ports.add(((InetSocketAddress) link.peer()).getPort());
            }
        };
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withFlags(ListenFlags.USUAL.withDeferSeconds(30));
        try (Running server = new Running(1, options, () -> factory);
                RawClient silent = server.connect();
                RawClient talker = server.connect().send("hello")) {
            assertEquals(talker.localPort(), ports.next());
            silent.send("at last");
            assertEquals(silent.localPort(), ports.next());
        }
    }

    @Test
    void ipv6AloneLeavesThePortOfIpv4() throws Exception {
        InetAddress any6 = InetAddress.getByName("::");
        Assumptions.assumeTrue(any6 instanceof Inet6Address);
        ListenOptions six = ListenOptions.on(new InetSocketAddress(any6, 0))
                .withFlags(ListenFlags.USUAL.withFamilies(ListenFlags.Families.V6_ONLY));
        // The port may be somebody else's over IPv4 by chance; not many times.
        for (int left = 10; !bothFamilies(six); left--) {
            assertTrue(left > 0, "the port is taken for IPv4 as well");
        }
    }

    private static boolean bothFamilies(ListenOptions six) throws Exception {
        Running server;
        try {
            server = new Running(1, six, () -> Echo::new);
        } catch (SysException e) {
            Assumptions.abort("no IPv6 here: " + e.getMessage());
            return true;
        }
        try (server) {
            int port = server.listening.address().getPort();
            InetSocketAddress four = new InetSocketAddress("0.0.0.0", port);
            try (Running other = new Running(1, ListenOptions.on(four), () -> Echo::new)) {
                assertEquals(port, other.listening.address().getPort());
                return true;
            } catch (SysException e) {
                assertEquals(Errno.EADDRINUSE, e.errno());
                return false;
            }
        }
    }

    private static int listeningSocket() {
        int fd = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM, 0);
        byte[] address = SocketAddresses.encode(Servers.LOOPBACK);
        assertEquals(0, Sockets.bind(fd, address, address.length));
        assertEquals(0, Sockets.listen(fd, 16));
        return fd;
    }

    @Test
    void anInheritedSocketIsServedByAllLoops() throws Exception {
        InheritedSocket inherited = InheritedSocket.of(listeningSocket());
        try (Running server = new Running(2, ListenOptions.on(inherited), () -> Echo::new)) {
            for (int i = 0; i < 20; i++) {
                try (RawClient client = server.connect().send("inherited")) {
                    assertEquals("inherited", new String(client.read(9), UTF_8));
                }
            }
        }
    }

    @Test
    void whatAcceptingFailsWithIsTold() throws Exception {
        Events<SysException> errors = new Events<>();
        int fd = listeningSocket();
        ListenOptions options = ListenOptions.on(InheritedSocket.of(fd)).withErrors(errors::add);
        try (Running server = new Running(1, options, () -> Echo::new)) {
            // accept(2) on a socket that has stopped listening behind our back.
            assertEquals(0, Sockets.shutdown(fd, Sockets.SHUT_RD));
            SysException error = errors.next();
            assertEquals(Errno.EINVAL, error.errno());
            assertTrue(error.getMessage().contains("127.0.0.1"), error.getMessage());
            assertFalse(server.listening.paused());
        }
    }

    @ExpectedLog("whoever is told that accepting fails failed")
    @Test
    void whoIsToldAndThrowsHarmsNobody() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        int fd = listeningSocket();
        ListenOptions options = ListenOptions.on(InheritedSocket.of(fd)).withErrors(error -> {
            told.countDown();
            throw new IllegalStateException("thrown on purpose");
        });
        ProtocolFactory factory = () -> (Protocol) new Echo();
        try (Running server = new Running(1, options, () -> factory)) {
            Sockets.shutdown(fd, Sockets.SHUT_RD);
            assertTrue(told.await(20, TimeUnit.SECONDS));
            settle(server.group);
        }
    }
}

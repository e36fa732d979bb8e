// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.socket.KeepAlive;
import io.millrace.socket.ListenFlags;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kernel asks the silent clients of every model whether they are still there: the timer of each is running. */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc/net/tcp")
final class VanishedClientTest {
    /** The timers of a socket, as /proc/net/tcp tells them (proc_net_tcp of the kernel's documentation). */
    private static final String NONE = "00";

    private static final String KEEP_ALIVE = "02";

    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void silentClientsAreAsked(IoModel model) throws Exception {
        assertTimer(KEEP_ALIVE, model, ListenFlags.USUAL);
    }

    @ParameterizedTest
    @EnumSource(
            value = IoModel.class,
            names = {"EPOLL_EDGE", "THREAD", "NIO"})
    void unlessTheyAreNotToBe(IoModel model) throws Exception {
        assertTimer(NONE, model, ListenFlags.USUAL.withKeepAlive(KeepAlive.OFF));
    }

    private static void assertTimer(String timer, IoModel model, ListenFlags flags) throws Exception {
        assumeTrue(model.isAvailable(), () -> model + ": " + model.whyNot());
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(1).withWorkerCommand(EchoProgram.command(model)));
        try {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK).withFlags(flags), () -> Echo.FACTORY);
            try (RawClient client = RawClient.connect(listening.address())) {
                client.send("hello").read(5);
                awaitTimer(timer, listening.address().getPort(), client.localPort());
            }
        } finally {
            assertTrue(server.stop(Duration.ofSeconds(30)));
        }
    }

    /** Waits for that timer: another one runs until the client has acknowledged what it was sent. */
    private static void awaitTimer(String timer, int port, int peer) throws Exception {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        String found = timer(port, peer);
        while (!found.equals(timer) && System.nanoTime() - end < 0) {
            Thread.sleep(5);
            found = timer(port, peer);
        }
        assertEquals(timer, found);
    }

    private static String timer(int port, int peer) throws IOException {
        for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
            for (String line : Files.readAllLines(Path.of(table))) {
                // "0: LOCAL:PORT REMOTE:PORT STATE QUEUES TIMER:WHEN ..."
                String[] fields = line.trim().split(" +");
                if (fields[1].endsWith(hex(port)) && fields[2].endsWith(hex(peer))) {
                    return fields[5].substring(0, 2);
                }
            }
        }
        return "no such connection";
    }

    private static String hex(int port) {
        return String.format(":%04X", port);
    }
}

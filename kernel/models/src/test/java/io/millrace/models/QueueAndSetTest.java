// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.poll.Pollers;
import io.millrace.sys.Descriptors;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/**
 * Two limits that a whole server can run into, and what becomes of its clients: the end of select's sets, and of the
 * queue of signals.
 */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class QueueAndSetTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);
    private static final int FD_SETSIZE = 1024;
    private static final int CLIENTS = 40;

    /**
     * The client whose descriptor has no bit is closed and the reason logged; those before him and after him are
     * served.
     */
    @ExpectedLog("beyond FD_SETSIZE: the classic sets of select end at 1024")
    @Test
    void whoIsBeyondTheClassicSetsOfSelectIsRefusedAndTheOthersAreServed() throws Exception {
        List<Integer> fillers = new ArrayList<>();
        System.setProperty(Pollers.CLASSIC_SELECT, "true");
        Server server = IoModel.SELECT.open(ModelOptions.DEFAULT.withCarriers(1));
        try {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            try (RawClient before = RawClient.connect(listening.address())) {
                before.send("a").read(1);
                while (fillers.isEmpty() || fillers.getLast() < FD_SETSIZE) {
                    int fd = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC);
                    assertTrue(fd >= 0, "descriptors up to " + FD_SETSIZE + " can be had");
                    fillers.add(fd);
                }
                try (RawClient beyond = RawClient.connect(listening.address())) {
                    assertTrue(ends(beyond), "closed");
                }
                assertArrayEquals(new byte[] {'b'}, before.send("b").read(1));
                fillers.forEach(Descriptors::close);
                fillers.clear();
                try (RawClient after = RawClient.connect(listening.address())) {
                    assertArrayEquals(new byte[] {'c'}, after.send("c").read(1));
                }
            }
        } finally {
            fillers.forEach(Descriptors::close);
            System.clearProperty(Pollers.CLASSIC_SELECT);
            server.stop(Duration.ZERO);
        }
    }

    private static boolean ends(RawClient client) {
        try {
            return client.readText().isEmpty();
        } catch (IOException e) {
            // Reset, which is an end as well.
            return true;
        }
    }

    /** While the loop is held more clients send than the queue has room for signals. One sweep finds them all. */
    @Test
    void aQueueOfSignalsThatOverflowsLosesNobody() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        Server server = IoModel.SIGIO.open(ModelOptions.DEFAULT.withCarriers(1));
        List<RawClient> clients = new ArrayList<>();
        long[] old = new long[2];
        try {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> () -> new Held(held, release));
            for (int i = 0; i <= CLIENTS; i++) {
                clients.add(RawClient.connect(listening.address()));
                clients.getLast().send("x").read(1);
            }
            assertEquals(0, Descriptors.getrlimit(Descriptors.RLIMIT_SIGPENDING, old));
            assertEquals(0, Descriptors.setrlimit(Descriptors.RLIMIT_SIGPENDING, 4, old[1]));
            clients.getFirst().send("h");
            assertTrue(held.await(60, TimeUnit.SECONDS));
            for (RawClient client : clients.subList(1, clients.size())) {
                client.send("y");
            }
            release.countDown();
            for (RawClient client : clients.subList(1, clients.size())) {
                assertArrayEquals(new byte[] {'y'}, client.read(1));
            }
        } finally {
            release.countDown();
            if (old[1] != 0) {
                Descriptors.setrlimit(Descriptors.RLIMIT_SIGPENDING, old[0], old[1]);
            }
            for (RawClient client : clients) {
                client.close();
            }
            server.stop(Duration.ZERO);
        }
    }

    /** Echoes; at an h the loop stands still. */
    private record Held(CountDownLatch held, CountDownLatch release) implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            boolean hold = in.array()[in.head()] == 'h';
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
            if (hold) {
                held.countDown();
                try {
                    release.await(60, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}

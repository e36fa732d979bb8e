// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.poll.EpollPoller;
import io.millrace.poll.Interest;
import io.millrace.poll.Ready;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Pipes;
import io.millrace.testkit.RawClient;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The wall that each model runs into, shown and not hidden. */
@Timeout(120)
@EnabledOnOs(value = OS.LINUX, disabledReason = "system calls of Linux")
final class WallsTest {
    private static final InetSocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 0);
    private static final long SOON = 50_000_000L;
    private static final int CLIENTS = 30;

    /** A handler that reads one of two bytes and forgets the other, as a wrong one would. */
    private static int[] eventsOfAHandlerThatLeavesAByte(int interest) throws Exception {
        int[] pipe = new int[2];
        assertEquals(0, Pipes.pipe2(pipe, Descriptors.O_CLOEXEC | Descriptors.O_NONBLOCK));
        try (EpollPoller poller = EpollPoller.open(4)) {
            Ready ready = new Ready(4);
            assertEquals(0, poller.add(pipe[0], Interest.READ | interest, 1));
            Descriptors.write(pipe[1], new byte[2], 2);
            int first = poller.poll(-1, ready);
            Descriptors.read(pipe[0], new byte[1], 1);
            int second = poller.poll(SOON, ready);
            Descriptors.write(pipe[1], new byte[1], 1);
            int third = poller.poll(20 * SOON, ready);
            return new int[] {first, second, third};
        } finally {
            Descriptors.close(pipe[0]);
            Descriptors.close(pipe[1]);
        }
    }

    /**
     * Told once: the byte that was left waits until the peer happens to send another, and he may be waiting for the
     * answer to it.
     */
    @Test
    void anEdgeIsSilentAboutWhatWasLeftUnread() throws Exception {
        assertArrayEquals(new int[] {1, 0, 1}, eventsOfAHandlerThatLeavesAByte(Interest.EDGE));
    }

    @Test
    void aLevelIsReportedAgainAndAgain() throws Exception {
        assertArrayEquals(new int[] {1, 1, 1}, eventsOfAHandlerThatLeavesAByte(0));
    }

    /** One who reads late is not told of the hang-up either, until he arms his event again. */
    @Test
    void aOneShotThatIsNotArmedAgainIsDeafForEver() throws Exception {
        assertArrayEquals(new int[] {1, 0, 0}, eventsOfAHandlerThatLeavesAByte(Interest.ONE_SHOT));
    }

    @Test
    void everySilentClientHoldsAThread() throws Exception {
        int threads = growth(IoModel.THREAD, WallsTest::platformThreads);
        assertTrue(threads >= CLIENTS, threads + " threads more for " + CLIENTS + " clients");
    }

    /** The JVM's scheduler may add a carrier or two of its own; a thread for each it has not. */
    @Test
    void silentClientsOfVirtualThreadsAndLoopsHoldNone() throws Exception {
        for (IoModel model :
                List.of(IoModel.VIRTUAL, IoModel.EPOLL_EDGE, IoModel.EPOLL_ONE_SHOT, IoModel.NONBLOCKING)) {
            int threads = growth(model, WallsTest::platformThreads);
            assertTrue(threads < CLIENTS / 2, model + ": " + threads + " threads more for " + CLIENTS + " clients");
        }
    }

    private static int platformThreads() {
        return Thread.getAllStackTraces().size();
    }

    /** How much more there is with clients who have said one thing and then nothing. */
    private static int growth(IoModel model, IntSupplier count) throws Exception {
        Server server = model.open(ModelOptions.DEFAULT.withCarriers(2));
        List<RawClient> clients = new ArrayList<>();
        try {
            Listener listening = server.listen(ListenOptions.on(LOOPBACK), () -> Echo.FACTORY);
            clients.add(RawClient.connect(listening.address()));
            clients.getFirst().send("x").read(1);
            int before = count.getAsInt();
            for (int i = 0; i < CLIENTS; i++) {
                RawClient client = RawClient.connect(listening.address());
                clients.add(client);
                client.send("x").read(1);
            }
            return count.getAsInt() - before;
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
            assertFalse(server.isCarrier());
            server.stop(Duration.ZERO);
        }
    }
}

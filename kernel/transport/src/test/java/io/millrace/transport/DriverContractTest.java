// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import io.millrace.transport.Servers.Watched;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every driver must do with many connections, and with those that are half at an end. What it must do with one is
 * in {@link ConnectionTest}, with listening sockets in {@link ListenTest}, with tasks and timers in
 * {@link EventLoopTest}: they run over every driver as well.
 */
@ParameterizedClass
@MethodSource("contenders")
@Timeout(120)
class DriverContractTest extends OverEveryDriver {

    /** Both ends of each are in this process, beside what the JVM has open. */
    private static final int MANY = 3000;

    @Test
    void thousandsOfConnectionsAreServedAndGoInAnyOrder() throws Exception {
        Events<CloseCause> causes = new Events<>();
        List<RawClient> clients = new ArrayList<>();
        ProtocolFactory echoes = () -> new Watched(new Echo(), causes);
        try (Running server = new Running(2, ListenOptions.on(Servers.LOOPBACK), () -> echoes)) {
            for (int i = 0; i < MANY; i++) {
                clients.add(server.connect());
            }
            for (int i = 0; i < MANY; i++) {
                clients.get(i).send("number " + i + ".");
            }
            for (int i = MANY - 1; i >= 0; i--) {
                assertEquals("number " + i + ".", clients.get(i).readUntil("."));
            }
            assertEquals(MANY, server.listening.connections());
            Random random = new Random(7);
            for (int i = MANY; i > 0; i--) {
                RawClient client = clients.remove(random.nextInt(i));
                if (i % 3 == 0) {
                    client.reset();
                } else {
                    client.close();
                }
                causes.next();
            }
            assertEquals(0, server.listening.connections());
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aDescriptorUsedAgainAtOnceIsANewConnection() throws Exception {
        // Each new one gets the descriptor of the one before, which may have events under way.
        try (Running server = Running.serving(Echo::new)) {
            for (int i = 0; i < 500; i++) {
                try (RawClient client = server.connect()) {
                    assertEquals("a" + i + ".", client.send("a" + i + ".").readUntil("."));
                    client.send("unread");
                }
            }
        }
    }

    @Test
    void closingWithDataInFlightBothWaysEndsIt() throws Exception {
        Events<CloseCause> causes = new Events<>();
        byte[] much = new byte[1_000_000];
        Protocol flood = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                boolean end = in.peek(in.readable() - 1) == '!';
                in.consume(in.readable());
                link.out().append(much);
                link.flush();
                if (end) {
                    link.close(CloseMode.NOW);
                }
            }
        };
        try (Running server = Running.serving(() -> new Watched(flood, causes))) {
            for (int i = 0; i < 20; i++) {
                try (RawClient client = RawClient.connect(server.listening.address(), 4096)) {
                    client.send("x!");
                    assertEquals(CloseCause.LOCAL, causes.next());
                    try {
                        client.readAll();
                    } catch (IOException reset) {
                        // What lay unread on either side is lost: so it was asked for.
                        assertTrue(reset.getMessage().contains("reset"), reset.getMessage());
                    }
                }
            }
            assertEquals(0, server.listening.connections());
        }
    }

    /**
     * Held back, half-closed or blocked: nothing can be done, so nothing is. Level trigger would spin if it were left
     * on.
     */
    @Test
    void whoCannotGoOnDoesNotKeepTheLoopAwake() throws Exception {
        Events<Link> links = new Events<>();
        Protocol held = new Protocol() {
            @Override
            public void receive(Buffer in, Link link) {
                if (in.peek(0) == 'b') {
                    link.out().append(new byte[8_000_000]);
                    link.flush();
                }
                link.pause(true);
                links.add(link);
            }

            @Override
            public void inputClosed(Link link) {
                links.add(link);
            }
        };
        try (Running server = Running.serving(() -> held);
                RawClient paused = server.connect();
                RawClient halfClosed = server.connect();
                RawClient blocked = RawClient.connect(server.listening.address(), 4096)) {
            paused.send("p");
            links.next();
            paused.send("more that nobody takes");
            halfClosed.finish();
            links.next();
            blocked.send("b");
            links.next();
            EventLoop loop = server.group.loop(0);
            // Until the socket is full output moves, and the loop has something to do.
            long turns = rounds(loop, 200);
            for (int left = 50; left > 0 && turns > 3 * 200; left--) {
                turns = rounds(loop, 200);
            }
            assertTrue(turns <= 3 * 200, turns + " turns for 200 tasks");
        }
    }

    /** Tasks one after the other, each a turn: how often the loop turned meanwhile. */
    private static long rounds(EventLoop loop, int count) throws InterruptedException {
        long[] turns = new long[2];
        for (int i = 0; i <= count; i++) {
            int at = i == 0 ? 0 : 1;
            CountDownLatch done = new CountDownLatch(1);
            loop.execute(() -> {
                turns[at] = loop.turns();
                done.countDown();
            });
            assertTrue(done.await(20, TimeUnit.SECONDS));
        }
        return turns[1] - turns[0];
    }

    @Test
    void aPauseThatEndsLongAfterTheInputCameLosesNothing() throws Exception {
        Events<Link> links = new Events<>();
        byte[] noise = new byte[300_000];
        new Random(3).nextBytes(noise);
        Protocol pausing = new Echo() {
            private boolean went;

            @Override
            public void receive(Buffer in, Link link) {
                if (!went) {
                    went = true;
                    link.pause(true);
                    links.add(link);
                } else {
                    super.receive(in, link);
                }
            }
        };
        try (Running server = Running.serving(() -> pausing);
                RawClient client = server.connect()) {
            client.send(noise).finish();
            Link link = links.next();
            rounds(server.group.loop(0), 10);
            link.execute(() -> link.pause(false));
            assertArrayEquals(noise, client.readAll());
        }
    }
}

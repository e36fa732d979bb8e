// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.core.RateLimit;
import io.millrace.core.SharedBytes;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Servers.Echo;
import io.millrace.transport.Servers.Events;
import io.millrace.transport.Servers.Running;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Limits of rate by the real clock, over every engine: nothing is faster than it may be, and everything comes. */
@Timeout(120)
@ParameterizedClass
@MethodSource("contenders")
class RealRateTest extends OverEveryDriver {

    /** Input waits in the socket, and no more is taken out of it than may come. */
    @Test
    void inputIsTakenNoFasterThanItsRate() throws Exception {
        int size = 120_000;
        int burst = 20_000;
        Events<Integer> sizes = new Events<>();
        Protocol slow = new Echo() {
            @Override
            public void opened(Link link) {
                link.flow().rate(RateLimit.NONE.withIn(400_000).withBursts(burst, RateLimit.UNLIMITED));
            }

            @Override
            public void receive(Buffer in, Link link) {
                sizes.add(in.readable());
                super.receive(in, link);
            }
        };
        try (Running server = Running.serving(() -> slow);
                RawClient client = server.connect()) {
            long from = System.nanoTime();
            client.send(new byte[size]).finish();
            assertEquals(size, client.readAll().length);
            long millis = (System.nanoTime() - from) / 1_000_000;
            assertTrue(millis >= (size - burst) / 400 - 5, "faster than its rate: " + millis + " ms");
            while (!sizes.isEmpty()) {
                assertTrue(sizes.next() <= burst, "more at once than the burst");
            }
        }
    }

    /** Two loops and the real clock: four downloads of one group cannot be faster than the group, and come whole. */
    @Test
    void aGroupOverTwoLoops() throws Exception {
        int size = 250_000;
        RateLimitGroup group =
                RateLimitGroup.of(RateLimit.NONE.withOut(2_000_000).withBursts(RateLimit.UNLIMITED, 20_000));
        ProtocolFactory sender = () -> new Protocol() {
            @Override
            public void opened(Link link) {
                group.add(link);
                link.transfer(SharedBytes.of(new byte[size]));
                link.close(CloseMode.FLUSHED);
            }

            @Override
            public void receive(Buffer in, Link link) {
                in.consume(in.readable());
            }
        };
        ListenOptions options = ListenOptions.on(Servers.LOOPBACK).withSpread(AcceptDistribution.HAND_OVER);
        try (Running server = new Running(2, options, () -> sender)) {
            long from = System.nanoTime();
            List<RawClient> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(server.connect());
            }
            for (RawClient client : clients) {
                assertEquals(size, client.readAll().length);
                client.close();
            }
            long millis = (System.nanoTime() - from) / 1_000_000;
            assertTrue(millis >= (4 * size - 20_000) / 2000 - 5, "faster than the group: " + millis + " ms");
            assertEquals(4L * size, group.totalOut());
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Body;
import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.poll.Kernel;
import io.millrace.poll.TracedKernel;
import io.millrace.testkit.RawClient;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel may keep for peers that do not read: much for a few of them, little for each of many. */
@Timeout(60)
class RestraintTest {
    /** More than any socket buffer takes. */
    private static final int BODY = 16 << 20;

    private final Watcher trace = new Watcher();
    private final List<RawClient> clients = new ArrayList<>();

    /** Counts the restraints in a trace, and opens a door with the first. */
    private static final class Watcher extends OutputStream {
        final CountDownLatch seen = new CountDownLatch(1);
        private final AtomicInteger restraints = new AtomicInteger();

        @Override
        public void write(int one) {
            throw new UnsupportedOperationException("a trace comes in lines");
        }

        @Override
        public void write(byte[] bytes, int from, int count) {
            if (new String(bytes, from, count, StandardCharsets.UTF_8).contains("TCP_NOTSENT_LOWAT")) {
                restraints.incrementAndGet();
                seen.countDown();
            }
        }

        int restraints() {
            return restraints.get();
        }
    }

    private static final class Large implements Protocol {
        private static final Body BYTES = Body.of(new byte[BODY]);

        @Override
        public void opened(Link link) {
            link.transfer(BYTES);
            link.flush();
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }
    }

    /** Serves so many clients, of whom only the last reads, and that one everything. */
    private void serve(int silent) throws Exception {
        LoopGroup group =
                LoopGroup.open(TracedKernel.over(Kernel.host(), new PrintStream(trace, true, StandardCharsets.UTF_8)), 1);
        try {
            Listening listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Large::new);
            for (int i = 0; i < silent; i++) {
                RawClient client = RawClient.connect(listening.address());
                clients.add(client);
                client.read(1);
            }
            try (RawClient last = RawClient.connect(listening.address())) {
                assertEquals(BODY, last.read(BODY).length);
            }
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
            group.stop(Duration.ofSeconds(10));
        }
    }

    @Test
    void fewMayKeepMuch() throws Exception {
        serve(20);
        assertEquals(0, trace.restraints());
    }

    @Test
    void manyKeepLittleEachAndAreServed() throws Exception {
        serve(60);
        assertTrue(trace.seen.await(20, TimeUnit.SECONDS));
        assertTrue(trace.restraints() <= 61, "more than once for a connection");
    }
}

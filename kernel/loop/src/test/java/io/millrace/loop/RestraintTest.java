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
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the kernel may keep for peers that do not read: much for a few of them, little for each of many. */
@Timeout(60)
class RestraintTest {
    /** More than any socket buffer takes. */
    private static final int BODY = 16 << 20;

    private final Watcher trace = new Watcher();
    private final List<RawClient> clients = new ArrayList<>();

    /**
     * Reads a trace: which connections the kernel took less of than there was, and how many it was told to keep little
     * of.
     */
    private static final class Watcher extends OutputStream {
        private static final Pattern SHORT = Pattern.compile("send (\\d+) \\((\\d+)[^)]*\\) = (?!\\2\\b)");

        private final Set<String> clogged = new HashSet<>();
        private int restraints;

        @Override
        public void write(int one) {
            throw new UnsupportedOperationException("a trace comes in lines");
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int count) {
            String lines = new String(bytes, from, count, StandardCharsets.UTF_8);
            SHORT.matcher(lines).results().forEach(match -> clogged.add(match.group(1)));
            restraints += lines.contains("TCP_NOTSENT_LOWAT") ? 1 : 0;
            notifyAll();
        }

        synchronized void awaitClogged(int count) throws InterruptedException {
            while (clogged.size() < count) {
                wait();
            }
        }

        synchronized int restraints() {
            return restraints;
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
        LoopGroup group = LoopGroup.open(
                TracedKernel.over(Kernel.host(), new PrintStream(trace, true, StandardCharsets.UTF_8)), 1);
        try {
            Listening listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Large::new);
            for (int i = 0; i < silent; i++) {
                RawClient client = RawClient.connect(listening.address());
                clients.add(client);
                client.read(1);
            }
            trace.awaitClogged(silent * 4 / 5);
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
        int restraints = trace.restraints();
        assertTrue(restraints > 0 && restraints <= 61, restraints + " for 61 connections");
    }
}

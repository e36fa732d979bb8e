// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.core.SharedBytes;
import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.socket.TracedKernel;
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

    private static final int AT_ONCE = 100;

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
        private static final SharedBytes BYTES = SharedBytes.of(new byte[BODY]);

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
            Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK), () -> Large::new);
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

    /** Sends as much in answers so small that each finds room in the kernel. */
    private static final class ManySmall implements Protocol {
        private static final byte[] ANSWER = new byte[16 * 1024];

        private int left = BODY / ANSWER.length;

        @Override
        public void opened(Link link) {
            drained(link);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }

        @Override
        public void drained(Link link) {
            if (left-- > 0) {
                link.transfer(ANSWER, 0, ANSWER.length);
                link.flush();
            }
        }
    }

    @Test
    void ofManyThatComeAtOnceFewMayKeepMuch() throws Exception {
        serveAtOnce(Large::new);
    }

    @Test
    void manySmallAnswersAreFoundAsWell() throws Exception {
        serveAtOnce(ManySmall::new);
    }

    /** All come before anybody is blocked: what the kernel keeps of each when nothing more moves. */
    private void serveAtOnce(ProtocolFactory factory) throws Exception {
        Kernel kernel = Kernel.host();
        LoopGroup group = LoopGroup.open(kernel, 1);
        EventLoop loop = group.loop(0);
        try {
            Listener listening = group.listen(ListenOptions.on(Servers.LOOPBACK).withPaused(true), () -> factory);
            for (int i = 0; i < AT_ONCE; i++) {
                clients.add(RawClient.connect(listening.address(), 4096));
            }
            listening.resume();
            List<Integer> kept = new ArrayList<>();
            do {
                kept.clear();
                loop.await(() -> Driver.of(loop).all().stream()
                        .filter(Connection::isBlocked)
                        .forEach(c -> kept.add(kernel.unsent(c.fd))));
            } while (kept.size() < AT_ONCE);
            long much = kept.stream().filter(bytes -> bytes > 192 * 1024).count();
            assertTrue(much <= 33, much + " keep much: " + kept);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
            group.stop(Duration.ofSeconds(10));
        }
    }
}

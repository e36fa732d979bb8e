// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.DirectoryRoot;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.fs.KernelDirectory;
import io.millrace.loop.EventLoop;
import io.millrace.testkit.ExpectedLog;
import io.millrace.testkit.Schedules;
import io.millrace.testkit.SimClient;
import io.millrace.testkit.SimKernel;
import io.millrace.tls.RecordLayer;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsEngine.Step;
import io.millrace.tls.TlsOptions;
import io.millrace.transport.Connections;
import io.millrace.transport.Engine;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files over TLS by a simulated kernel that has it, refuses it at any step, takes less than it is given and has no
 * room: whoever makes the records, the client can decrypt each in its turn, misses no byte and is told the end.
 */
@Timeout(300)
@ExpectedLog("cannot accept on")
@EnabledOnOs(value = OS.LINUX, disabledReason = "the loops of this release are for Linux")
final class KernelTlsSimulationTest {
    private static final int PORT = 443;
    private static final int SCHEDULES = 120;
    private static final int MOST_TURNS = 500_000;
    private static final int FILE = 80_000;

    @TempDir
    private Path folder;

    private final byte[] content = new byte[FILE];
    private long connections;
    private long released;

    /** Answers each byte: bytes of its own, part of the file, the end. */
    private final class Answers implements Protocol {
        private final DirectoryRoot files;

        Answers(DirectoryRoot files) {
            this.files = files;
        }

        @Override
        public void receive(Buffer in, Link link) {
            while (!in.isEmpty()) {
                int what = in.peek(0);
                in.consume(1);
                if (what == 'q') {
                    link.close(CloseMode.FLUSHED);
                } else if (what == 'b') {
                    link.out().append(content, 0, 100);
                } else {
                    link.transfer(open(), 0, FILE);
                }
            }
            link.flush();
        }

        private OpenFile open() {
            try {
                return files.open("file.bin");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }
    }

    private final class Client extends SimClient {
        private final RecordLayer records = FixedKeys.ofClient();
        private final Buffer received = new Buffer();
        private final Buffer toServer = new Buffer();
        private final Buffer plain = new Buffer();
        private final byte[] scratch = new byte[4096];
        private final Buffer expected = new Buffer();
        private boolean isTold;
        private boolean isOver;

        Client(Random random) {
            super(random);
            Buffer wishes = new Buffer();
            for (int i = random.nextInt(4); i >= 0; i--) {
                boolean isFile = random.nextInt(3) > 0;
                wishes.append(new byte[] {(byte) (isFile ? 'f' : 'b')});
                expected.append(content, 0, isFile ? FILE : 100);
            }
            wishes.append(new byte[] {'q'});
            while (!wishes.isEmpty()) {
                records.write(wishes, 1 + random.nextInt(5), toServer);
            }
        }

        @Override
        protected boolean done() {
            return isOver;
        }

        @Override
        protected boolean step() {
            if (connection == null) {
                connect(PORT);
                return true;
            }
            return random.nextInt(4) == 0 ? write() || read() : read() || write();
        }

        private boolean write() {
            int n = Math.min(toServer.readable(), 1 + random.nextInt(60));
            connection.send(toServer.array(), toServer.head(), n);
            toServer.consume(n);
            return n > 0;
        }

        private boolean read() {
            int n = connection.read(scratch, 0, 1 + random.nextInt(scratch.length));
            if (n < 0) {
                assertTrue(isTold, () -> "the end without close_notify: " + n + ", " + records.failure());
                assertEquals(0, expected.readable(), "bytes that have not come");
                isOver = true;
            } else if (n > 0) {
                received.append(scratch, 0, n);
                open();
            }
            return n != 0;
        }

        private void open() {
            Step step = Step.OK;
            while (step == Step.OK) {
                step = records.read(received, toServer, plain);
                compare();
            }
            assertTrue(step != Step.FAILED, records::failure);
            isTold |= step == Step.CLOSED;
        }

        private void compare() {
            int count = plain.readable();
            assertTrue(count <= expected.readable(), "more than was asked for");
            assertTrue(
                    Arrays.equals(
                            plain.array(),
                            plain.head(),
                            plain.head() + count,
                            expected.array(),
                            expected.head(),
                            expected.head() + count),
                    "other bytes");
            expected.consume(count);
            plain.clear();
        }
    }

    @Test
    void theReadinessDriverLosesNothing() {
        Schedules.play(SCHEDULES, seed -> play(seed, seed % 2 == 0 ? Engine.EPOLL_EDGE : Engine.EPOLL_LEVEL, true));
        assertBothWays();
    }

    @Test
    void theRingLosesNothing() {
        Schedules.play(SCHEDULES / 2, seed -> play(seed, Engine.RING, true));
        assertBothWays();
    }

    @Test
    void theKernelIsNotAskedWhereItIsNotWanted() {
        Schedules.play(SCHEDULES / 10, seed -> play(seed, Engine.EPOLL_EDGE, false));
        assertEquals(0, released);
    }

    private void assertBothWays() {
        if (Long.getLong("sim.seed") == null) {
            assertTrue(released > 0, "the kernel has encrypted nothing");
            assertTrue(released < connections, "the kernel has refused nothing");
        }
    }

    private void play(long seed, Engine engine, boolean usesKernel) throws Exception {
        new Random(1).nextBytes(content);
        Files.write(folder.resolve("file.bin"), content);
        Random random = new Random(seed);
        SimKernel kernel = new SimKernel(seed);
        if (random.nextInt(5) > 0) {
            kernel.withTls(random.nextInt(3));
        }
        TlsOptions options = TlsOptions.DEFAULT.with(TlsKeys.of("local")).withKernel(usesKernel);
        TlsContext tls = TlsContext.server(options, new FixedKeys());
        try (DirectoryRoot files = KernelDirectory.open(folder, false)) {
            EventLoop loop = new EventLoop(kernel, "simulated", engine);
            Listener listening = Connections.of(loop)
                    .listen(
                            ListenOptions.on(new InetSocketAddress("127.0.0.1", PORT)),
                            () -> tls.over(() -> new Answers(files)));
            loop.turn(1);
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                kernel.add(new Client(new Random(random.nextLong())));
                connections++;
            }
            for (int turns = 0; !kernel.done(); turns++) {
                assertTrue(turns < MOST_TURNS, "no end in sight");
                loop.turn(Long.MAX_VALUE);
            }
            listening.close();
            loop.close();
        }
        released += tls.releasedToKernel();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class QueuedOutputTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** Takes nothing until it is told to. */
    private static final class Stopped extends OutputStream {
        final CountDownLatch goOn = new CountDownLatch(1);
        final ByteArrayOutputStream taken = new ByteArrayOutputStream();

        @Override
        public void write(int oneByte) {
            throw new AssertionError("a byte at a time");
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            taken.write(bytes, offset, length);
        }
    }

    @Test
    void whatIsWrittenArrivesInOrder() throws Exception {
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        QueuedOutput queued = new QueuedOutput(taken, "test");
        for (int i = 0; i < 1000; i++) {
            queued.write((i + "\n").getBytes(US_ASCII));
        }
        assertTrue(queued.drain(PATIENCE));
        String[] lines = taken.toString(US_ASCII).split("\n");
        assertEquals(1000, lines.length);
        assertEquals("999", lines[999]);
    }

    /** The writer of the old way would wait here for ever. */
    @Test
    void aReaderThatStandsStillCostsWhatDoesNotFitAndNobodyATimeToWait() throws Exception {
        Stopped stopped = new Stopped();
        QueuedOutput queued = new QueuedOutput(stopped, "test");
        byte[] kilobyte = new byte[1024];
        for (int i = 0; i < 4096; i++) {
            queued.write(kilobyte);
        }
        assertFalse(queued.drain(Duration.ofMillis(1)));
        assertTrue(queued.dropped() > 0);
        stopped.goOn.countDown();
        assertTrue(queued.drain(PATIENCE));
        assertEquals(4096 * 1024, stopped.taken.size() + queued.dropped());
    }

    @Test
    void aReaderThatHasGoneIsNotWaitedFor() throws Exception {
        QueuedOutput queued = new QueuedOutput(
                new OutputStream() {
                    @Override
                    public void write(int oneByte) throws IOException {
                        throw new IOException("Broken pipe");
                    }
                },
                "test");
        queued.write("x".getBytes(US_ASCII));
        assertTrue(queued.drain(PATIENCE));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import io.millrace.core.SharedBytes;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static final int LARGE = 16 * 1024;

    private final BufferPool pool = new BufferPool(4);
    private OutputQueue output = new OutputQueue();

    private void append(String text) {
        output.out(pool).appendLatin1(text);
    }

    /** Takes up to {@code most} bytes, as a socket would. */
    private byte[] take(int most) {
        byte[] taken;
        if (output.isBytes()) {
            Buffer bytes = output.bytes();
            taken = new byte[Math.min(most, output.length())];
            bytes.copyOut(0, taken, 0, taken.length);
        } else {
            OutputQueue.Part part = output.first();
            taken = new byte[(int) Math.min(most, part.left)];
            System.arraycopy(part.array, (int) part.position, taken, 0, taken.length);
        }
        output.sent(taken.length, pool);
        return taken;
    }

    @Test
    void anArrayThatNeverChangesIsNotCopied() {
        byte[] array = new byte[LARGE];
        append("head");
        output.add(array, 0, LARGE, null);
        assertEquals("head", new String(take(100), UTF_8));
        assertSame(array, output.first().array);
        assertEquals(LARGE, output.pending());
    }

    @Test
    void whatManyShareIsNotCopiedUnlessItIsTinyOrStandsBehindOthers() {
        SharedBytes message = SharedBytes.of(new byte[1000]);
        for (int i = 0; i < 3; i++) {
            output.transfer(message.array(), 0, 1000, message, false, pool);
        }
        append("head");
        output.transfer(message.array(), 0, 1000, message, false, pool);
        output.transfer(message.array(), 0, 100, message, false, pool);
        for (int i = 0; i < 3; i++) {
            assertSame(message.array(), output.first().array);
            take(1000);
        }
        assertEquals(1104, take(10_000).length);
        output.transfer(message.array(), 0, 100, message, false, pool);
        assertTrue(output.isBytes());
    }

    @Test
    void manyShortHeadsBetweenArraysTakeOneBuffer() {
        byte[] array = new byte[LARGE];
        for (int i = 0; i < 15; i++) {
            append("h".repeat(300));
            output.add(array, 0, LARGE, null);
        }
        assertEquals(15 * (300 + LARGE), output.pending());
        assertEquals(BufferPool.CAPACITY + 15 * LARGE, output.held());
    }

    /** What a peer that does not read is sent in small pieces: one buffer after the other, none of them doubled. */
    @Test
    void aFullBufferIsFollowedByAnother() {
        for (int i = 0; i < 256; i++) {
            append("x".repeat(1024));
            assertEquals(BufferPool.CAPACITY, output.out(pool).capacity());
        }
        assertEquals(256 * 1024, output.pending());
        assertTrue(output.held() <= 256 * 1024 * 5 / 4 + BufferPool.CAPACITY, output.held() + " bytes");
    }

    @Test
    void whatHasLeftIsHeldNoLonger() {
        append("x".repeat(LARGE));
        output.add(new byte[LARGE], 0, LARGE, null);
        append("tail");
        take(LARGE);
        take(LARGE - 1);
        assertTrue(output.held() >= LARGE, "an array is kept until its last byte has left");
        take(1);
        take(4);
        assertEquals(0, output.pending());
        output.clear(pool);
        assertEquals(0, output.held());
    }

    /** A file or an array on its way may take long: the buffer that its head was in is for others meanwhile. */
    @Test
    void anEmptyBufferGoesBackWhileAnArrayWaits() {
        append("head");
        output.add(new byte[LARGE], 0, LARGE, null);
        take(4);
        assertEquals(LARGE, output.held());
    }

    @Test
    void shortArraysAreCopiedAndLongerOnesWithTheirHeadOnly() {
        assertTrue(output.copies(4096, false));
        assertTrue(output.copies(LARGE, false));
        assertFalse(output.copies(LARGE, true), "memory is short");
        assertFalse(output.copies(LARGE + 1, false));
        append("x".repeat(4097));
        assertTrue(output.copies(4096, false));
        assertFalse(output.copies(LARGE, false), "much stands before it");
    }

    @Test
    void aBufferWithSeveralPartsGoesBackOnce() {
        byte[] array = new byte[5000];
        append("one");
        output.add(array, 0, array.length, null);
        append("two");
        output.add(array, 0, array.length, null);
        output.finish(pool);
        while (output.pending() > 0) {
            take(1000);
        }
        Buffer first = pool.take();
        Buffer second = pool.take();
        assertFalse(first == second, "one buffer was given back twice");
        assertEquals(0, output.held());
    }

    @Test
    void releasingGivesEachHoldBackOnce() {
        AtomicInteger released = new AtomicInteger();
        SharedBytes body = SharedBytes.of(new byte[5000], 0, 5000, released::incrementAndGet);
        append("one");
        output.add(body.array(), 0, 5000, body);
        append("two");
        output.add(body.array(), 0, 5000, body);
        assertTrue(output.held() < 5000 + BufferPool.CAPACITY, "a body is its maker's memory");
        body.close();
        assertEquals(0, released.get());
        output.release();
        assertEquals(1, released.get());
        assertEquals(0, output.pending());
        assertEquals(0, output.held());
    }

    @Test
    void trimmingKeepsWhatWaits() {
        append("wait");
        output.trim();
        assertEquals(4, output.held());
        append("ing");
        assertEquals("waiting", new String(take(100), UTF_8));
    }

    /** Anything added in any order, taken in pieces of any size while more is added, comes out in order. */
    @Test
    void theOrderIsKept() {
        for (long seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            output = new OutputQueue();
            ByteArrayOutputStream added = new ByteArrayOutputStream();
            ByteArrayOutputStream left = new ByteArrayOutputStream();
            for (int i = 0; i < 60; i++) {
                byte[] bytes = new byte[1 + random.nextInt(8000)];
                random.nextBytes(bytes);
                added.writeBytes(bytes);
                if (random.nextBoolean()) {
                    output.out(pool).append(bytes);
                } else {
                    output.add(bytes, 0, bytes.length, null);
                }
                for (int n = random.nextInt(4); n > 0 && output.pending() > 0; n--) {
                    left.writeBytes(take(1 + random.nextInt(6000)));
                }
                if (random.nextInt(10) == 0) {
                    output.trim();
                }
                assertEquals(added.size() - left.size(), output.pending(), "seed " + seed);
            }
            while (output.pending() > 0) {
                left.writeBytes(take(50_000));
            }
            assertArrayEquals(added.toByteArray(), left.toByteArray(), "seed " + seed);
        }
    }
}

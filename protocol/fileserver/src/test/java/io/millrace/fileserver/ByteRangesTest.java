// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.fileserver.ByteRanges.Piece;
import io.millrace.fileserver.ByteRanges.Verdict;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteRangesTest {

    @Test
    void overlappingPiecesAreJoinedInOrder() {
        assertEquals(
                List.of(new Piece(0, 9), new Piece(20, 29)),
                ByteRanges.read("bytes=20-29,5-9,0-6", 100).pieces());
        assertEquals(
                List.of(new Piece(20, 29), new Piece(0, 9)),
                ByteRanges.read("bytes=20-29,0-9", 100).pieces());
        assertEquals(
                List.of(new Piece(0, 4), new Piece(5, 9)),
                ByteRanges.read("bytes=0-4,5-9", 100).pieces());
    }

    @Test
    void theLargestNumbersFit() {
        long size = Long.MAX_VALUE;
        assertEquals(
                List.of(new Piece(0, size - 1)),
                ByteRanges.read("bytes=0-", size).pieces());
        assertEquals(
                List.of(new Piece(1, size - 1)),
                ByteRanges.read("bytes=1-9223372036854775807", size).pieces());
        assertEquals(
                List.of(new Piece(0, size - 1)),
                ByteRanges.read("bytes=-9223372036854775807", size).pieces());
        assertEquals(
                Verdict.UNSATISFIABLE,
                ByteRanges.read("bytes=9223372036854775808-", 5).verdict());
    }

    /** Whatever is asked for: exactly that is sent, and no byte twice. */
    @Test
    void whatIsSentIsWhatWasAskedFor() {
        Random random = new Random(20240229);
        for (int round = 0; round < 20_000; round++) {
            int size = 1 + random.nextInt(50);
            BitSet wanted = new BitSet();
            StringBuilder field = new StringBuilder("bytes=");
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                append(field, wanted, size, random);
            }
            check(field.toString(), wanted, size);
        }
    }

    private static void append(StringBuilder field, BitSet wanted, int size, Random random) {
        int first = random.nextInt(60);
        int last = first + random.nextInt(60);
        field.append(field.length() > 6 ? "," : "");
        switch (random.nextInt(3)) {
            case 0 -> {
                field.append(first).append('-');
                wanted.set(Math.min(first, size), size);
            }
            case 1 -> {
                field.append('-').append(first);
                wanted.set(Math.max(0, size - first), size);
            }
            default -> {
                field.append(first).append('-').append(last);
                wanted.set(Math.min(first, size), Math.min(last + 1, size));
            }
        }
    }

    private static void check(String field, BitSet wanted, int size) {
        ByteRanges ranges = ByteRanges.read(field, size);
        assertEquals(wanted.isEmpty() ? Verdict.UNSATISFIABLE : Verdict.PIECES, ranges.verdict(), field);
        BitSet sent = new BitSet();
        for (Piece piece : ranges.pieces()) {
            assertTrue(piece.first() >= 0 && piece.last() < size && piece.length() > 0, field);
            BitSet bits = new BitSet();
            bits.set((int) piece.first(), (int) piece.last() + 1);
            assertTrue(!sent.intersects(bits), field);
            sent.or(bits);
        }
        assertEquals(wanted, sent, field);
    }

    @Test
    void garbageNeverThrows() {
        Random random = new Random(7);
        String alphabet = "0123456789-,= \tbytes;.+";
        for (int round = 0; round < 50_000; round++) {
            StringBuilder field = new StringBuilder(random.nextBoolean() ? "bytes=" : "");
            for (int i = random.nextInt(20); i > 0; i--) {
                field.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            ByteRanges ranges = ByteRanges.read(field.toString(), random.nextInt(3) * 10L);
            assertEquals(ranges.verdict() == Verdict.PIECES, !ranges.pieces().isEmpty(), field.toString());
        }
    }
}

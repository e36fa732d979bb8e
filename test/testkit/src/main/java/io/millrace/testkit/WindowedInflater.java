// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Inflates as a client with a small window does (RFC 1951), and fails where a distance is larger: the JDK's own always
 * has a window of 32 KiB and would not notice. Slow, and checks nothing else.
 */
public final class WindowedInflater {
    private static final int[] LENGTHS = {
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258
    };
    private static final int[] LENGTH_BITS = {
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
    };
    private static final int[] DISTANCES = {
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145, 8193, 12289, 16385, 24577
    };
    private static final int[] ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

    private final int window;
    private byte[] history = {};
    private byte[] in;
    private int at;
    private byte[] out;
    private int size;

    /** Makes one that has seen nothing; {@code window} is in bytes. */
    public WindowedInflater(int window) {
        this.window = window;
    }

    /** Inflates one message, with those before it as history. */
    public byte[] inflate(byte[] message) {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(message);
        whole.writeBytes(new byte[] {0, 0, (byte) 0xff, (byte) 0xff});
        in = whole.toByteArray();
        at = 0;
        out = Arrays.copyOf(history, Math.max(1024, history.length * 2));
        size = history.length;
        while (at <= in.length * 8 - 10) {
            block();
        }
        byte[] result = Arrays.copyOfRange(out, history.length, size);
        history = Arrays.copyOfRange(out, Math.max(0, size - 32768), size);
        return result;
    }

    private int bits(int count) {
        int value = 0;
        for (int i = 0; i < count; i++, at++) {
            value |= ((in[at >> 3] >> (at & 7)) & 1) << i;
        }
        return value;
    }

    private void put(int value) {
        if (size == out.length) {
            out = Arrays.copyOf(out, 2 * size);
        }
        out[size++] = (byte) value;
    }

    private void block() {
        bits(1);
        switch (bits(2)) {
            case 0 -> stored();
            case 1 -> codes(fixed(), tree(filled(5, 30), 0, 30));
            case 2 -> dynamic();
            default -> throw new AssertionError("no such block");
        }
    }

    private void stored() {
        at = (at + 7) & ~7;
        int length = bits(16);
        bits(16);
        for (int i = 0; i < length; i++) {
            put(bits(8));
        }
    }

    private static int[] filled(int value, int count) {
        int[] lengths = new int[count];
        Arrays.fill(lengths, value);
        return lengths;
    }

    private static int[][] fixed() {
        int[] lengths = filled(8, 288);
        Arrays.fill(lengths, 144, 256, 9);
        Arrays.fill(lengths, 256, 280, 7);
        return tree(lengths, 0, 288);
    }

    private void dynamic() {
        int literals = bits(5) + 257;
        int distances = bits(5) + 1;
        int[] lengths = new int[19];
        for (int i = 0, count = bits(4) + 4; i < count; i++) {
            lengths[ORDER[i]] = bits(3);
        }
        int[][] tree = tree(lengths, 0, 19);
        int[] all = new int[literals + distances];
        for (int i = 0; i < all.length; ) {
            int symbol = symbol(tree);
            int repeat = symbol < 16 ? 1 : symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
            int value = symbol < 16 ? symbol : symbol == 16 ? all[i - 1] : 0;
            Arrays.fill(all, i, i + repeat, value);
            i += repeat;
        }
        codes(tree(all, 0, literals), tree(all, literals, distances));
    }

    // Counts of codes by length, and symbols in the order of their codes.
    private static int[][] tree(int[] lengths, int from, int count) {
        int[] counts = new int[16];
        for (int i = 0; i < count; i++) {
            counts[lengths[from + i]]++;
        }
        counts[0] = 0;
        int[] offsets = new int[17];
        for (int i = 1; i <= 15; i++) {
            offsets[i + 1] = offsets[i] + counts[i];
        }
        int[] symbols = new int[count];
        for (int i = 0; i < count; i++) {
            if (lengths[from + i] != 0) {
                symbols[offsets[lengths[from + i]]++] = i;
            }
        }
        return new int[][] {counts, symbols};
    }

    private int symbol(int[][] tree) {
        int code = 0;
        int first = 0;
        int index = 0;
        for (int length = 1; length <= 15; length++) {
            code |= bits(1);
            int count = tree[0][length];
            if (code - count < first) {
                return tree[1][index + code - first];
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        throw new AssertionError("no such code");
    }

    private void codes(int[][] literals, int[][] distances) {
        for (int symbol; (symbol = symbol(literals)) != 256; ) {
            if (symbol < 256) {
                put(symbol);
                continue;
            }
            int length = LENGTHS[symbol - 257] + bits(LENGTH_BITS[symbol - 257]);
            int code = symbol(distances);
            int distance = DISTANCES[code] + bits(code < 4 ? 0 : code / 2 - 1);
            if (distance > window) {
                throw new AssertionError("a distance of " + distance + " in a window of " + window);
            }
            for (int i = 0; i < length; i++) {
                put(out[size - distance]);
            }
        }
    }
}

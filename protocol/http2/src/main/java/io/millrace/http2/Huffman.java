// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.Arrays;

/**
 * The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B). It is canonical: the codes follow from their
 * lengths. Decodes eight bits at a step; allocates nothing.
 */
final class Huffman {
    /** {@link #decode} found an end-of-string symbol, or padding that is too long or not the beginning of that. */
    static final int INVALID = -1;

    private static final int EOS = 256;
    private static final int SHORTEST = 5;
    private static final int LONGEST = 30;

    // The length of the code of each symbol: A for five bits, B for six.
    private static final String LENGTHS = "ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHF"
            + "IBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJBKABABABBBACCBBBABCBAABCCCCCKGJIX"
            + "PRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRS"
            + "VVPORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWV"
            + "Z";

    private static final int[] CODES = new int[EOS + 1];
    private static final byte[] BITS = new byte[EOS + 1];

    // Tables of 256 entries. An entry is the number of the next table, or, negative, a symbol and how many of the
    // eight bits its code takes.
    private static int[] steps = new int[256];

    static {
        assign();
        int tables = 1;
        for (int symbol = 0; symbol <= EOS; symbol++) {
            tables = enter(symbol, tables);
        }
        steps = Arrays.copyOf(steps, 256 * tables);
    }

    private Huffman() {}

    private static void assign() {
        int code = 0;
        for (int length = SHORTEST; length <= LONGEST; length++) {
            for (int symbol = 0; symbol <= EOS; symbol++) {
                if (LENGTHS.charAt(symbol) - 'A' + SHORTEST == length) {
                    CODES[symbol] = code++;
                    BITS[symbol] = (byte) length;
                }
            }
            code <<= 1;
        }
    }

    // Returns how many tables there are now.
    private static int enter(int symbol, int known) {
        int tables = known;
        int table = 0;
        int left = BITS[symbol];
        while (left > 8) {
            left -= 8;
            int at = 256 * table + (CODES[symbol] >>> left & 0xff);
            if (steps[at] == 0) {
                steps[at] = tables++;
                steps = Arrays.copyOf(steps, Math.max(steps.length, 256 * tables));
            }
            table = steps[at];
        }
        int first = 256 * table + (CODES[symbol] << (8 - left) & 0xff);
        Arrays.fill(steps, first, first + (1 << (8 - left)), Integer.MIN_VALUE | symbol << 8 | left);
        return tables;
    }

    /** Returns the largest number of bytes that {@code length} coded bytes can stand for. */
    static int mostDecoded(int length) {
        return (int) Math.min(8L * length / SHORTEST, Integer.MAX_VALUE);
    }

    /** Decodes into {@code into}, where {@link #mostDecoded} bytes fit; returns the end there, or {@link #INVALID}. */
    static int decode(byte[] from, int start, int end, byte[] into, int at) {
        int to = at;
        int table = 0;
        int bits = 0;
        long read = 0;
        for (int i = start; i < end; i++) {
            read = read << 8 | (from[i] & 0xff);
            bits += 8;
            while (bits >= 8) {
                int step = steps[table + (int) (read >>> (bits - 8) & 0xff)];
                if (step >= 0) {
                    table = step << 8;
                    bits -= 8;
                } else if (symbol(step) == EOS) {
                    return INVALID;
                } else {
                    into[to++] = (byte) symbol(step);
                    bits -= step & 0xff;
                    table = 0;
                }
            }
        }
        return last(read, bits, table, into, to);
    }

    // Fewer than eight bits are left: symbols and then padding, which is the beginning of the end-of-string symbol.
    private static int last(long read, int left, int inTable, byte[] into, int at) {
        int bits = left;
        int table = inTable;
        int to = at;
        while (bits > 0) {
            int step = steps[table + (int) (read << (8 - bits) & 0xff)];
            if (step >= 0 || (step & 0xff) > bits) {
                break;
            }
            into[to++] = (byte) symbol(step);
            bits -= step & 0xff;
            table = 0;
        }
        int ones = (1 << bits) - 1;
        return table == 0 && ((int) read & ones) == ones ? to : INVALID;
    }

    private static int symbol(int step) {
        return step >>> 8 & 0x1ff;
    }

    /** Returns how many bytes the code of these bytes has. */
    static int encodedLength(byte[] from, int start, int end) {
        long bits = 0;
        for (int i = start; i < end; i++) {
            bits += BITS[from[i] & 0xff];
        }
        return (int) Math.min((bits + 7) >>> 3, Integer.MAX_VALUE);
    }

    /** Encodes into {@code into}, where {@link #encodedLength} bytes fit; returns the end there. */
    static int encode(byte[] from, int start, int end, byte[] into, int at) {
        int to = at;
        int bits = 0;
        long written = 0;
        for (int i = start; i < end; i++) {
            int symbol = from[i] & 0xff;
            written = written << BITS[symbol] | CODES[symbol];
            bits += BITS[symbol];
            while (bits >= 8) {
                bits -= 8;
                into[to++] = (byte) (written >>> bits);
            }
        }
        if (bits > 0) {
            into[to++] = (byte) (written << (8 - bits) | (1 << (8 - bits)) - 1);
        }
        return to;
    }
}

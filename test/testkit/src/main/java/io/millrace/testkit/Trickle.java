// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.CloseMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Feeds the same bytes whole, one at a time and cut at random places: whatever the network does to a stream, the answer
 * must be the same.
 */
public final class Trickle {
    private static final int RANDOM_CUTS = 12;

    private Trickle() {}

    /**
     * What came of it.
     *
     * @param text what the peer got, a character for each byte
     * @param closing how the protocol closed, {@code null} if it did not
     * @param unconsumed number of bytes that were left
     */
    public record Outcome(String text, CloseMode closing, int unconsumed) {}

    /**
     * Feeds {@code input} to fresh links in every way and returns the one outcome; an AssertionError if there are two.
     */
    public static Outcome same(Supplier<MemoryLink> fresh, byte[] input) {
        return same(fresh, input, link -> {});
    }

    /** The same with something to do after all the bytes are in. */
    public static Outcome same(Supplier<MemoryLink> fresh, byte[] input, Consumer<MemoryLink> after) {
        Outcome whole = feed(fresh, List.of(input), after);
        compare(whole, feed(fresh, bytes(input), after), "one byte at a time");
        for (int seed = 0; seed < RANDOM_CUTS; seed++) {
            compare(whole, feed(fresh, cut(input, new Random(seed)), after), "cut with seed " + seed);
        }
        return whole;
    }

    /** The same for a text, a character for each byte. */
    public static Outcome same(Supplier<MemoryLink> fresh, String input) {
        return same(fresh, input.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Cuts {@code input} into pieces of random length, small ones more often. */
    public static List<byte[]> cut(byte[] input, Random random) {
        List<byte[]> pieces = new ArrayList<>();
        int most = 1 << (1 + random.nextInt(9));
        for (int from = 0; from < input.length; ) {
            int to = Math.min(input.length, from + 1 + random.nextInt(most));
            pieces.add(Arrays.copyOfRange(input, from, to));
            from = to;
        }
        return pieces;
    }

    /** Cuts {@code input} into single bytes. */
    public static List<byte[]> bytes(byte[] input) {
        List<byte[]> pieces = new ArrayList<>(input.length);
        for (byte value : input) {
            pieces.add(new byte[] {value});
        }
        return pieces;
    }

    private static Outcome feed(Supplier<MemoryLink> fresh, List<byte[]> pieces, Consumer<MemoryLink> after) {
        MemoryLink link = fresh.get();
        pieces.forEach(link::feed);
        after.accept(link);
        return new Outcome(link.text(), link.closing(), link.isClosed() ? 0 : link.unconsumed());
    }

    private static void compare(Outcome expected, Outcome actual, String how) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError("fed " + how + ":\n" + actual + "\nfed whole:\n" + expected);
        }
    }
}

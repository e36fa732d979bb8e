// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import io.millrace.core.Ascii;
import io.millrace.fileserver.ByteRanges.Piece;
import java.util.List;

/** A Range field against a size: what is sent lies within the content, does not overlap and is not more than it. */
public final class RangesFuzz {
    private RangesFuzz() {}

    /** Reads one input, whose first byte is the size. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        long size = input[0] & 0xff;
        ByteRanges ranges = ByteRanges.read("bytes=" + Ascii.string(input, 1, input.length - 1), size);
        List<Piece> pieces = ranges.pieces();
        long sum = 0;
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            check(piece.first() >= 0 && piece.first() <= piece.last() && piece.last() < size, pieces);
            for (Piece other : pieces.subList(0, i)) {
                check(other.last() < piece.first() || piece.last() < other.first(), pieces);
            }
            sum += piece.last() - piece.first() + 1;
        }
        check(sum <= size && pieces.size() <= ByteRanges.MOST, pieces);
    }

    private static void check(boolean right, List<Piece> pieces) {
        if (!right) {
            throw new AssertionError(pieces.toString());
        }
    }
}

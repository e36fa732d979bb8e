// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;

/** A date of HTTP: what is understood is written again as a date that means the same. */
public final class DateFuzz {
    private DateFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        long seconds = HttpDate.parse(Ascii.string(input, 0, input.length));
        if (seconds != HttpDate.NONE && HttpDate.parse(HttpDate.format(seconds)) != seconds) {
            throw new AssertionError(seconds + " is written as " + HttpDate.format(seconds));
        }
    }
}

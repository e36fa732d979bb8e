// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import java.io.PrintStream;
import java.util.Locale;

/** Where a {@link TracedKernel} writes: a line for each call, with the time since the beginning in seconds and the thread. */
final class Trace {
    private static final double SECOND = 1e9;

    private final PrintStream out;
    private final long start = System.nanoTime();

    Trace(PrintStream out) {
        this.out = out;
    }

    /** A line; whole lines, whichever threads write. */
    void line(String text) {
        double seconds = (System.nanoTime() - start) / SECOND;
        out.printf(Locale.ROOT, "%11.6f %-12s %s%n", seconds, Thread.currentThread().getName(), text);
    }

    /** A call and what came of it: a number, or the name of the error. */
    long called(String call, long result) {
        line("  " + call + " = " + result(result));
        return result;
    }

    static String result(long result) {
        return result < 0 ? Errno.symbol((int) result) : Long.toString(result);
    }
}

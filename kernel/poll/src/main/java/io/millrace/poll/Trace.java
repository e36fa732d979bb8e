// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import io.millrace.sys.Errno;
import java.io.PrintStream;
import java.util.Locale;

/**
 * Where a {@link TracedKernel} writes: a line for each call, with the time since the beginning in seconds and the
 * thread. What waits elsewhere than in a {@link Poller} (a thread in poll(2), a virtual one that is parked) asks for
 * the trace of its kernel ({@link #of}), and writes into it if there is one.
 */
public final class Trace {
    private static final double SECOND = 1e9;
    private static final double MILLION = 1e6;

    private final PrintStream out;
    private final String who;
    private final long start = System.nanoTime();

    /**
     * A trace of its own, for what has no kernel of ours.
     *
     * @param out where to, which several threads and processes may write to at once
     * @param who stands before the thread's name, where several processes write to one place; else empty
     */
    public Trace(PrintStream out, String who) {
        this.out = out;
        this.who = who.isEmpty() ? "" : who + " ";
    }

    /** Where calls on that kernel are written, or {@code null} for nowhere. */
    public static Trace of(Kernel kernel) {
        return kernel instanceof TracedKernel traced ? traced.trace() : null;
    }

    /** A line; whole lines, whichever threads write. */
    public void line(String text) {
        double seconds = (System.nanoTime() - start) / SECOND;
        out.printf(
                Locale.ROOT,
                "%11.6f %s%-12s %s%n",
                seconds,
                who,
                Thread.currentThread().getName(),
                text);
    }

    /** A call and what came of it: a number, or the name of the error for -errno. Returns the result. */
    public long called(String call, long result) {
        line("  " + call + " = " + result(result));
        return result;
    }

    /**
     * A sleep: in what, up to how many nanoseconds (negative: for ever), since when ({@link System#nanoTime}) and what
     * ended it.
     */
    public void slept(String in, long limit, long since, String result) {
        line("  " + wait(in, limit, since) + " = " + result);
    }

    /**
     * A turn of a loop: its number, the call that waited, up to how many nanoseconds, since when, and what came of it.
     */
    public void turn(long number, String call, long limit, long since, long result) {
        line("turn " + number + ": " + wait(call, limit, since) + " = " + result(result));
    }

    static String wait(String in, long limit, long since) {
        double millis = (System.nanoTime() - since) / MILLION;
        return String.format(Locale.ROOT, "%s, %s, waited %.3f ms", in, limit(limit), millis);
    }

    private static String limit(long nanos) {
        return nanos < 0 ? "no limit" : String.format(Locale.ROOT, "limit %.3f ms", nanos / MILLION);
    }

    /** A number, or the name of the error for -errno. */
    public static String result(long result) {
        return result < 0 ? Errno.symbol((int) result) : Long.toString(result);
    }
}

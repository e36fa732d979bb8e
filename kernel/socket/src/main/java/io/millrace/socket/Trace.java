// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Poller;
import io.millrace.sys.Errno;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The output of a {@link TracedKernel}: a line for each call, with the time in seconds since the beginning and the
 * thread. Code that waits elsewhere than in a {@link Poller}, such as a thread in poll(2), asks for the trace of its
 * kernel ({@link #of}) and writes to it if there is one.
 */
public final class Trace {
    private static final double SECOND = 1e9;
    private static final double MILLION = 1e6;

    // One for all traces, since several may write to one place.
    private static final long START = System.nanoTime();

    private final PrintStream out;
    private final String who;
    private final UnaryOperator<String> printable;

    /**
     * Makes a trace without a kernel.
     *
     * @param out the output; several threads and processes may write to it at once
     * @param who a word before the thread's name, if several processes write to one place; else empty
     * @param printable returns what is printed of a text, such as the path of a Unix socket or the name of a thread,
     *     whose control characters would command a terminal
     */
    public Trace(PrintStream out, String who, UnaryOperator<String> printable) {
        this.out = out;
        this.printable = printable;
        this.who = who.isEmpty() ? "" : who + " ";
    }

    /** Returns the trace that calls on a kernel are written to, or {@code null} if it is not traced. */
    public static @Nullable Trace of(Kernel kernel) {
        return kernel instanceof TracedKernel traced ? traced.trace() : null;
    }

    /** Writes a line. Any thread; lines are not mixed up. */
    public void line(String text) {
        double seconds = (System.nanoTime() - START) / SECOND;
        out.printf(
                Locale.ROOT,
                "%11.6f %s%-12s %s%n",
                seconds,
                who,
                printable.apply(Thread.currentThread().getName()),
                printable.apply(text));
    }

    /** Writes a call and its result: a number, or for -errno the name of the error. Returns the result. */
    public long called(String call, long result) {
        line("  " + call + " = " + result(result));
        return result;
    }

    /**
     * Writes a wait that has ended.
     *
     * @param in the call, or what was waited for
     * @param limit its timeout in nanoseconds, negative for none
     * @param since when it began, by {@link System#nanoTime}
     * @param result what ended it
     */
    public void slept(String in, long limit, long since, String result) {
        line("  " + wait(in, limit, since) + " = " + result);
    }

    /**
     * Writes the beginning of a loop's turn: its wait.
     *
     * @param number the number of the turn
     * @param call the call that waited
     * @param limit its timeout in nanoseconds, negative for none
     * @param since when it began, by {@link System#nanoTime}
     * @param result its result: a number of events, or -errno
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

    /** Returns a result as text: a number, or for -errno the name of the error. */
    public static String result(long result) {
        return result < 0 ? Errno.symbol((int) result) : Long.toString(result);
    }
}

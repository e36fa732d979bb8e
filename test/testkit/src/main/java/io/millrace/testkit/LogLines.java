// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Keeps what is logged, and what threads die of, instead of printing it. */
final class LogLines extends Handler {

    /** How many lines that are no fault are kept: a test may log one for each of thousands of schedules. */
    private static final int KEPT = 300;

    /** What has been logged since the last call of {@link #begin}, each with its stack trace, the first of them. */
    private final List<String> lines = new ArrayList<>();

    /** Those of them that are a warning or worse and that nothing declares. */
    private final List<String> unexpected = new ArrayList<>();

    /** Parts of lines that the present test expects, and those that have come. */
    private List<String> expected = List.of();

    private final Set<String> seen = new HashSet<>();

    private LogLines() {}

    /** Takes the place of the handlers that print, from now on and for all loggers. */
    static LogLines install() {
        LogLines kept = new LogLines();
        kept.setFormatter(new SimpleFormatter());
        Logger root = Logger.getLogger("");
        for (Handler handler : root.getHandlers()) {
            root.removeHandler(handler);
        }
        root.addHandler(kept);
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> kept.add(true, died(thread, thrown)));
        return kept;
    }

    private static String died(Thread thread, Throwable thrown) {
        StringWriter text = new StringWriter();
        text.write("Exception in thread \"" + thread.getName() + "\" ");
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString();
    }

    @Override
    public void publish(LogRecord line) {
        if (String.valueOf(line.getLoggerName()).startsWith("org.junit.")) {
            // Which says, for example, that a test's folder has links in it.
            return;
        }
        String text = line.getLevel() + ": " + line.getLoggerName() + ": "
                + getFormatter().formatMessage(line) + "\n";
        if (line.getThrown() != null) {
            StringWriter trace = new StringWriter();
            line.getThrown().printStackTrace(new PrintWriter(trace, true));
            text += trace;
        }
        add(line.getLevel().intValue() >= Level.WARNING.intValue(), text);
    }

    private synchronized void add(boolean grave, String text) {
        List<String> declared = grave ? expected.stream().filter(text::contains).toList() : List.of();
        if (grave && declared.isEmpty()) {
            unexpected.add(text);
        }
        if (lines.size() < KEPT) {
            lines.add(text);
        }
        seen.addAll(declared);
        notifyAll();
    }

    /** A test begins that expects lines with these parts. Returns what has come since the last one and was not. */
    synchronized List<String> begin(List<String> parts) {
        List<String> late = takeUnexpected();
        lines.clear();
        seen.clear();
        expected = List.copyOf(parts);
        return late;
    }

    /** Returns the lines that were not expected, once. */
    synchronized List<String> takeUnexpected() {
        List<String> all = List.copyOf(unexpected);
        unexpected.clear();
        return all;
    }

    /** Returns all that was logged since the test began, as one text. */
    synchronized String text() {
        return String.join("", lines);
    }

    /** Waits until a line has come that has this part; returns whether one has, after at most so many milliseconds. */
    synchronized boolean await(String part, long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        while (!seen.contains(part)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    @Override
    public void flush() {
        // Nothing is held back.
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}

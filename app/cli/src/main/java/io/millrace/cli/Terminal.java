// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.core.Printable;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where a command speaks: answers and logs to {@code out}, what is in the way to {@code err}; and whether a person sits
 * behind {@code out}.
 *
 * @param out standard output
 * @param err standard error
 * @param interactive whether standard output is a terminal
 * @param environment the environment variables
 */
record Terminal(PrintStream out, PrintStream err, boolean interactive, Map<String, String> environment) {

    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    /** When to color what is printed. */
    enum Color {
        AUTO,
        ALWAYS,
        NEVER
    }

    /** What the loops warn of goes on one line; the JDK's own format takes two. */
    static void formatLog() {
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, "millrace: %4$s: %5$s%6$s%n");
        }
    }

    /** The terminal of this process. */
    static Terminal system() {
        return new Terminal(System.out, System.err, isTerminal(), System.getenv());
    }

    /** The same terminal, spoken to through other streams. */
    Terminal speakingTo(PrintStream otherOut, PrintStream otherErr) {
        return new Terminal(otherOut, otherErr, interactive, environment);
    }

    /**
     * Whether to color: as told, else on a terminal that can, unless NO_COLOR is set to anything but the empty string
     * (https://no-color.org).
     */
    boolean colors(Color wish) {
        return switch (wish) {
            case ALWAYS -> true;
            case NEVER -> false;
            case AUTO -> interactive && !isSet("NO_COLOR") && !"dumb".equals(environment.get("TERM"));
        };
    }

    /**
     * Where a log goes: standard output without the {@link PrintStream} around it, which keeps every failure to itself.
     */
    OutputStream log() {
        return out == System.out ? new FileOutputStream(FileDescriptor.out) : out;
    }

    boolean colorsHelp() {
        return colors(Color.AUTO);
    }

    /** One line that says what is in the way; returns the exit code for that. */
    int fail(String line) {
        err.println("millrace: " + Printable.text(line));
        return ExitCode.FAILED;
    }

    private boolean isSet(String name) {
        String value = environment.get(name);
        return value != null && !value.isEmpty();
    }

    /** isatty(3), read off /proc: {@code System.console()} would load a whole line editor for the same answer. */
    private static boolean isTerminal() {
        try {
            String device = Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException noProc) {
            return System.console() != null && System.console().isTerminal();
        }
    }
}

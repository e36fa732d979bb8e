// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.lang.System.Logger.Level;
import org.jspecify.annotations.Nullable;

/**
 * Logs where nothing may be thrown: on the thread of a loop, or of one that accepts. A log that fails, for want of
 * memory or descriptors, ends no such thread; its message goes to standard error. Messages may name what peers choose
 * ({@link Printable}). Any thread may call.
 */
public final class GuardedLog {
    private static final long QUIET_NANOS = 1_000_000_000L;

    private final String name;

    /** Asked for when there is something to say: loading a logging system is a good part of a start. */
    private volatile System.@Nullable Logger logger;

    private volatile long lastSaid;

    /** A log that goes to the {@link System.Logger} of that name. */
    public GuardedLog(String name) {
        this.name = name;
    }

    /** Logs a message, and what was thrown unless that is {@code null}. Throws nothing. */
    public void log(Level level, String message, @Nullable Throwable thrown) {
        try {
            logger().log(level, Printable.text(message), thrown);
        } catch (Throwable t) {
            print(message);
        }
    }

    private System.Logger logger() {
        System.Logger known = logger;
        if (known == null) {
            known = System.getLogger(name);
            logger = known;
        }
        return known;
    }

    private static void print(String message) {
        try {
            System.err.println(message);
        } catch (Throwable t) {
            // There is no log left to tell.
        }
    }

    /** Returns whether to say something that may happen without end: true at most once a second. */
    public boolean isTimeToSay() {
        long now = System.nanoTime();
        long said = lastSaid;
        if (said != 0 && now - said < QUIET_NANOS) {
            return false;
        }
        lastSaid = now;
        return true;
    }
}

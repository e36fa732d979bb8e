// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Printable;

/**
 * The room's logger, made when there is something to say: loading a logging system costs a start-up more than all else
 * here.
 */
public final class Log {
    private static final long QUIET_NANOS = 1_000_000_000L;

    /** When want of memory was last said. */
    private static volatile long lastSaid;

    private Log() {}

    private static final class Holder {
        static final System.Logger LOGGER = System.getLogger("io.millrace.loop");
    }

    /** Loads this class while there are descriptors for it. */
    public static void prepare() {}

    public static void warn(String message) {
        log(System.Logger.Level.WARNING, message, null);
    }

    public static void info(String message) {
        log(System.Logger.Level.INFO, message, null);
    }

    public static void error(String message, Throwable thrown) {
        log(System.Logger.Level.ERROR, message, thrown);
    }

    /**
     * Says that something failed, {@code what} before and {@code then} behind a subject in words. Whatever that takes,
     * nothing is thrown. A JVM that is short of memory says so at most once a second, and in a line.
     */
    public static void failure(String what, Object subject, String then, Throwable thrown) {
        boolean memory = thrown instanceof OutOfMemoryError;
        try {
            if (!memory || isTimeToSay()) {
                String message = what + text(subject) + then;
                error(memory ? message + ": " + thrown : message, memory ? null : thrown);
            }
        } catch (Throwable t) {
            // There is no memory to say it with.
        }
    }

    /** The same of something without a subject. */
    public static void failure(String what, Throwable thrown) {
        failure(what, "", "", thrown);
    }

    private static boolean isTimeToSay() {
        long now = System.nanoTime();
        long said = lastSaid;
        if (said != 0 && now - said < QUIET_NANOS) {
            return false;
        }
        lastSaid = now;
        return true;
    }

    /** An object in words, whatever its {@code toString} does: it may be the user's. */
    public static String text(Object object) {
        try {
            return String.valueOf(object);
        } catch (Throwable t) {
            return object.getClass().getName() + ", which cannot say what it is";
        }
    }

    private static void print(String message) {
        try {
            System.err.println(message);
        } catch (Throwable t) {
            // Whoever could be told is gone.
        }
    }

    /**
     * A log that fails, for want of memory or descriptors, must not end a loop. Messages may name what peers choose.
     */
    private static void log(System.Logger.Level level, String message, Throwable thrown) {
        try {
            Holder.LOGGER.log(level, Printable.text(message), thrown);
        } catch (Throwable t) {
            print(message);
        }
    }
}

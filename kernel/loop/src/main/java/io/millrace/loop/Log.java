// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Printable;

/**
 * The room's logger, made when there is something to say: loading a logging system costs a start-up more than all else
 * here.
 */
public final class Log {
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

    /** An object in words, whatever its {@code toString} does: it may be the user's. */
    public static String text(Object object) {
        try {
            return String.valueOf(object);
        } catch (Throwable t) {
            return object.getClass().getName() + ", which cannot say what it is";
        }
    }

    /**
     * A log that fails, for want of memory or descriptors, must not end a loop. Messages may name what peers choose.
     */
    private static void log(System.Logger.Level level, String message, Throwable thrown) {
        try {
            Holder.LOGGER.log(level, Printable.text(message), thrown);
        } catch (Throwable t) {
            System.err.println(message);
        }
    }
}

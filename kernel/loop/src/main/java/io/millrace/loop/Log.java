// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.GuardedLog;
import org.jspecify.annotations.Nullable;

/** The log of this room and of what stands on it: nothing that it does ends a loop. */
public final class Log {
    private static final GuardedLog LOG = new GuardedLog("io.millrace.loop");

    private Log() {}

    /** Loads this class while there are descriptors for it. */
    public static void prepare() {}

    public static void warn(String message) {
        LOG.log(System.Logger.Level.WARNING, message, null);
    }

    public static void info(String message) {
        LOG.log(System.Logger.Level.INFO, message, null);
    }

    public static void error(String message, @Nullable Throwable thrown) {
        LOG.log(System.Logger.Level.ERROR, message, thrown);
    }

    /**
     * Says that something failed, {@code what} before and {@code then} behind a subject in words. Whatever that takes,
     * nothing is thrown. A JVM that is short of memory says so at most once a second, and in a line.
     */
    public static void failure(String what, Object subject, String then, Throwable thrown) {
        boolean memory = thrown instanceof OutOfMemoryError;
        try {
            if (!memory || LOG.isTimeToSay()) {
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

    /** An object in words, whatever its {@code toString} does: it may be the user's. */
    public static String text(Object object) {
        try {
            return String.valueOf(object);
        } catch (Throwable t) {
            return object.getClass().getName() + ", which cannot say what it is";
        }
    }
}

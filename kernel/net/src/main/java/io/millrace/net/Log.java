// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

/** The room's logger, made when there is something to say. */
final class Log {
    private Log() {}

    private static final class Holder {
        static final System.Logger LOGGER = System.getLogger("io.millrace.net");
    }

    static void error(String message, Throwable thrown) {
        try {
            Holder.LOGGER.log(System.Logger.Level.ERROR, message, thrown);
        } catch (Throwable t) {
            // A log that fails must not end a loop.
            System.err.println(message);
        }
    }
}

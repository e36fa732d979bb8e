// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** What the models share and no user sees. */
final class Servers {
    private static final Duration LONGEST = Duration.ofDays(365);

    private Servers() {}

    /**
     * The protocol for a connection, or {@code null} for one that is to be closed at once, by the factory's choice or
     * fault.
     */
    static Protocol protocol(ProtocolFactory factory, boolean welcome) {
        try {
            return welcome ? factory.create() : factory.refuse();
        } catch (Throwable t) {
            System.getLogger("io.millrace.models").log(Level.ERROR, "a protocol factory failed", t);
            return null;
        }
    }

    static void log(Level level, String message) {
        System.getLogger("io.millrace.models").log(level, message);
    }

    /** A time span in nanoseconds that can be added to a clock. */
    static long nanos(Duration span) {
        return span.isNegative() ? 0 : span.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : span.toNanos();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.GuardedLog;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the models share and no user sees. */
final class Servers {
    private static final Duration LONGEST = Duration.ofDays(365);

    private static final int MOST_TRIES = 100;
    private static final long TRY_NANOS = 10_000_000L;

    private static final GuardedLog LOG = new GuardedLog("io.millrace.models");

    private Servers() {}

    /**
     * A factory that the user's code makes, or {@code null} if that fails: the connection that it was wanted for is
     * closed then, and the next one has another try.
     */
    static @Nullable ProtocolFactory factory(Supplier<? extends ProtocolFactory> protocols) {
        try {
            return Objects.requireNonNull(protocols.get(), "a protocol factory");
        } catch (Throwable t) {
            error("whoever makes protocol factories failed", t);
            return null;
        }
    }

    /** The protocol of a factory that is made for one connection, or {@code null} as below. */
    static @Nullable Protocol protocol(Supplier<? extends ProtocolFactory> protocols, boolean welcome) {
        ProtocolFactory factory = factory(protocols);
        return factory == null ? null : protocol(factory, welcome);
    }

    /**
     * The protocol for a connection, or {@code null} for one that is to be closed at once, by the factory's choice or
     * fault.
     */
    static @Nullable Protocol protocol(ProtocolFactory factory, boolean welcome) {
        try {
            return welcome ? factory.create() : factory.refuse();
        } catch (Throwable t) {
            error("a protocol factory failed", t);
            return null;
        }
    }

    static void log(Level level, String message) {
        LOG.log(level, message, null);
    }

    /** Says that something failed; for want of memory at most once a second, and in a line. */
    static void error(String message, @Nullable Throwable thrown) {
        if (!(thrown instanceof OutOfMemoryError)) {
            LOG.log(Level.ERROR, message, thrown);
        } else if (LOG.isTimeToSay()) {
            LOG.log(Level.ERROR, message, null);
        }
    }

    /**
     * The next try after there was no memory for a moment, if {@code tries} so far are not too many.
     *
     * @throws OutOfMemoryError the one that is given, if they are
     */
    static void pause(int tries, OutOfMemoryError thrown) {
        if (tries >= MOST_TRIES) {
            throw thrown;
        }
        LockSupport.parkNanos(TRY_NANOS);
    }

    /** A time span in nanoseconds that can be added to a clock. */
    static long nanos(Duration span) {
        return span.isNegative() ? 0 : span.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : span.toNanos();
    }
}

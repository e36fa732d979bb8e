// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.util.Objects;

/**
 * What a client keeps to.
 *
 * @param pool connections and calls that wait for one
 * @param timeouts time limits of a call; a request may have its own
 * @param maxHead bytes of an answer's head, and of its trailers; at least 16
 * @param maxFields field lines of an answer's head, and of its trailers
 * @param retry whether a call that failed is repeated where that is safe: once, on a new connection, if not a byte of
 *     an answer has come and the connection was a reused one, and the method is idempotent and the body can be sent
 *     again, or nothing was sent
 */
public record ClientOptions(PoolLimits pool, Timeouts timeouts, int maxHead, int maxFields, boolean retry) {
    private static final int HEAD = 32 * 1024;
    private static final int FIELDS = 200;

    /** The defaults of each part, heads of up to 32 KiB and 200 fields, and safe repetition. */
    public static final ClientOptions DEFAULT =
            new ClientOptions(PoolLimits.DEFAULT, Timeouts.DEFAULT, HEAD, FIELDS, true);

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if a head of an answer has no room
     */
    public ClientOptions {
        Objects.requireNonNull(pool, "pool");
        Objects.requireNonNull(timeouts, "timeouts");
        if (maxHead < 16 || maxFields < 1) {
            throw new IllegalArgumentException(maxHead + " bytes and " + maxFields + " fields hold no head");
        }
    }

    /** Returns the same with other connections. */
    public ClientOptions withPool(PoolLimits other) {
        return new ClientOptions(other, timeouts, maxHead, maxFields, retry);
    }

    /** Returns the same with other time limits. */
    public ClientOptions withTimeouts(Timeouts other) {
        return new ClientOptions(pool, other, maxHead, maxFields, retry);
    }

    /** Returns the same with other limits of an answer's head: bytes and field lines. */
    public ClientOptions withMaxHead(int bytes, int fields) {
        return new ClientOptions(pool, timeouts, bytes, fields, retry);
    }

    /** Returns the same with or without safe repetition. */
    public ClientOptions withRetry(boolean on) {
        return new ClientOptions(pool, timeouts, maxHead, maxFields, on);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.time.Duration;

/**
 * How many connections a client keeps, on each of its loops: a client on two loops has up to twice as many.
 *
 * @param perOrigin connections to one origin, those being opened included
 * @param total connections to all origins together
 * @param waiting calls that may wait for a connection; one more fails at once
 * @param waitTime how long a call waits for a connection before it fails
 * @param idle how long a connection is kept without a call; below what servers usually allow (Node.js: 5 s), so that
 *     the client is the one that closes. A shorter time in the server's Keep-Alive field goes before it
 */
public record PoolLimits(int perOrigin, int total, int waiting, Duration waitTime, Duration idle) {

    /** 64 connections to an origin, 1024 in all, 4096 calls that wait up to 10 s, and 4 s without a call. */
    public static final PoolLimits DEFAULT =
            new PoolLimits(64, 1024, 4096, Duration.ofSeconds(10), Duration.ofSeconds(4));

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if a number of connections is below 1, that of waiting calls below 0, or a time
     *     not positive
     */
    public PoolLimits {
        if (perOrigin < 1 || total < 1 || waiting < 0) {
            throw new IllegalArgumentException(
                    "too few: " + perOrigin + " and " + total + " connections, " + waiting + " waiting calls");
        }
        Timeouts.check(waitTime);
        Timeouts.check(idle);
    }

    /** Returns the same with another number of connections to one origin. */
    public PoolLimits withPerOrigin(int other) {
        return new PoolLimits(other, total, waiting, waitTime, idle);
    }

    /** Returns the same with another number of connections in all. */
    public PoolLimits withTotal(int other) {
        return new PoolLimits(perOrigin, other, waiting, waitTime, idle);
    }

    /** Returns the same with another number of calls that may wait. */
    public PoolLimits withWaiting(int other) {
        return new PoolLimits(perOrigin, total, other, waitTime, idle);
    }

    /** Returns the same with another time for which a call waits. */
    public PoolLimits withWaitTime(Duration other) {
        return new PoolLimits(perOrigin, total, waiting, other, idle);
    }

    /** Returns the same with another time for which a connection is kept without a call. */
    public PoolLimits withIdle(Duration other) {
        return new PoolLimits(perOrigin, total, waiting, waitTime, other);
    }
}

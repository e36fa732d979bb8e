// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/**
 * How fast a request comes in, and when that is too slow: the same for every wire format. A wire format says what
 * happens, and asks for the moment that applies to the state it is in. Times are nanoseconds of the link.
 *
 * <p>A body must come at the {@link Limits#bodyRate rate} that the limits name, on average since its beginning, and may
 * never be silent for long. Time in which the handler did not want it does not count: then it is not the client who is
 * slow.
 */
public final class RequestPace {
    // As long as a body of any size may take: two of these still fit into a number of nanoseconds.
    private static final double LONGEST = 1L << 61;

    private final HttpContext context;
    private long headSince;
    private long bodySince;
    private long lastByte;
    private long heldSince;
    private long received;
    private boolean wanted;
    private long aliveAt;

    /** Makes the pace of an exchange, for one request after the other. */
    public RequestPace(HttpContext context) {
        this.context = context;
    }

    /** A request has begun to come in. */
    public void begin(long now) {
        headSince = now;
        aliveAt = now;
        received = 0;
        wanted = false;
    }

    /** The head is whole and a body follows, which the handler does not want yet. */
    public void bodyBegins(long now) {
        bodySince = now;
        lastByte = now;
        heldSince = now;
    }

    /** So many bytes of the body have come; returns how many these are so far. */
    public long received(long count, long now) {
        lastByte = now;
        received += count;
        return received;
    }

    /** Notes whether the handler wants the body now, and returns whether that is a change. */
    public boolean wanted(boolean on, long now) {
        boolean news = on != wanted;
        if (on && news) {
            long held = now - heldSince;
            bodySince += held;
            lastByte += held;
        } else if (news) {
            heldSince = now;
        }
        wanted = on;
        return news;
    }

    /** The client, or the answer, gave a sign of life. */
    public void alive(long now) {
        aliveAt = now;
    }

    /** Returns when the head will have taken too long. */
    public long headDue() {
        return headSince + context.headNanos();
    }

    /** Returns when the body, which is wanted, will have been too slow. */
    public long bodyDue() {
        // Bytes that came fast earn time, but not to be silent in: else a megabyte would buy half an hour.
        long silent = lastByte + context.bodyNanos();
        int rate = context.limits().bodyRate();
        return rate == 0 ? silent : Math.min(silent, bodySince + earned(rate));
    }

    private long earned(int rate) {
        double nanos = received * (1e9 / rate);
        return Math.max(context.bodyNanos(), (long) Math.min(nanos, LONGEST));
    }

    /** Returns when a client that has sent its last byte will have been waited on in silence for too long. */
    public long silentDue() {
        return aliveAt + context.halfClosedNanos();
    }
}

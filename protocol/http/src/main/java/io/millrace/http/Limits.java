// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.time.Duration;

/**
 * What a client may ask of the server. None is off by default. Change one with its {@code with} method.
 *
 * @param target bytes of a request target, else 414
 * @param head bytes of a request's head (request line and header fields), else 431; trailers and chunk extensions count
 *     against the same number
 * @param fields number of header field lines, else 431
 * @param body bytes of a body, else 413; a handler may ask for less
 * @param unread bytes of a body that the handler left which are read and dropped to save the connection, else it is
 *     closed
 * @param headTime from the first byte of a request (or the connection's opening) to the end of its head, else 408
 * @param idleTime between an answer and the next request, else the connection is closed
 * @param bodyTime grace before the body rate counts
 * @param bodyRate bytes a second that a body must come at, on average since its beginning, else 408; 0 for any rate
 * @param writeTime how long a peer may accept not one byte of what is to be sent, else the connection is closed
 * @param requests number of requests on one connection before it is closed
 * @param halfClosedTime how long a client that has sent its last byte may wait in silence for an answer, or for more of
 *     one, until it is taken to have gone
 * @param answerTime from the moment that a handler has what the client sends until its answer begins, else 503: for a
 *     handler that has deferred its answer, and for one that runs elsewhere than on the loop, which is interrupted
 */
public record Limits(
        int target,
        int head,
        int fields,
        long body,
        long unread,
        Duration headTime,
        Duration idleTime,
        Duration bodyTime,
        int bodyRate,
        Duration writeTime,
        long requests,
        Duration halfClosedTime,
        Duration answerTime) {

    // Added to a clock that counts nanoseconds, this is still far from the end of its numbers (292 years).
    private static final Duration LONGEST = Duration.ofDays(100 * 365);

    /** The limits of a server that was not configured. */
    public static final Limits DEFAULT = new Limits(
            8 * 1024,
            32 * 1024,
            100,
            64L * 1024 * 1024,
            256 * 1024,
            Duration.ofSeconds(10),
            Duration.ofSeconds(75),
            Duration.ofSeconds(10),
            500,
            Duration.ofSeconds(30),
            Long.MAX_VALUE,
            Duration.ofSeconds(10),
            Duration.ofMinutes(2));

    /**
     * Checks the values. A limit is raised, not switched off.
     *
     * @throws IllegalArgumentException if a number is too small to serve anything, or a duration is not positive or
     *     longer than 36,500 days
     */
    public Limits {
        atLeast("target", target, 1);
        atLeast("head", head, 16);
        atLeast("fields", fields, 1);
        atLeast("body", body, 0);
        atLeast("unread", unread, 0);
        positive("headTime", headTime);
        positive("idleTime", idleTime);
        positive("bodyTime", bodyTime);
        atLeast("bodyRate", bodyRate, 0);
        positive("writeTime", writeTime);
        atLeast("requests", requests, 1);
        positive("halfClosedTime", halfClosedTime);
        positive("answerTime", answerTime);
    }

    /** Makes limits with the default {@link #halfClosedTime} and {@link #answerTime}. */
    public Limits(
            int target,
            int head,
            int fields,
            long body,
            long unread,
            Duration headTime,
            Duration idleTime,
            Duration bodyTime,
            int bodyRate,
            Duration writeTime,
            long requests) {
        this(
                target,
                head,
                fields,
                body,
                unread,
                headTime,
                idleTime,
                bodyTime,
                bodyRate,
                writeTime,
                requests,
                DEFAULT.halfClosedTime,
                DEFAULT.answerTime);
    }

    /** Returns the same limits with another {@link #target}. */
    public Limits withTarget(int value) {
        Values values = new Values(this);
        values.target = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #head}. */
    public Limits withHead(int value) {
        Values values = new Values(this);
        values.head = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #fields}. */
    public Limits withFields(int value) {
        Values values = new Values(this);
        values.fields = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #body}. */
    public Limits withBody(long value) {
        Values values = new Values(this);
        values.body = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #unread}. */
    public Limits withUnread(long value) {
        Values values = new Values(this);
        values.unread = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #headTime}. */
    public Limits withHeadTime(Duration value) {
        Values values = new Values(this);
        values.headTime = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #idleTime}. */
    public Limits withIdleTime(Duration value) {
        Values values = new Values(this);
        values.idleTime = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #bodyTime}. */
    public Limits withBodyTime(Duration value) {
        Values values = new Values(this);
        values.bodyTime = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #bodyRate}. */
    public Limits withBodyRate(int value) {
        Values values = new Values(this);
        values.bodyRate = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #writeTime}. */
    public Limits withWriteTime(Duration value) {
        Values values = new Values(this);
        values.writeTime = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #requests}. */
    public Limits withRequests(long value) {
        Values values = new Values(this);
        values.requests = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #halfClosedTime}. */
    public Limits withHalfClosedTime(Duration value) {
        Values values = new Values(this);
        values.halfClosedTime = value;
        return values.limits();
    }

    /** Returns the same limits with another {@link #answerTime}. */
    public Limits withAnswerTime(Duration value) {
        Values values = new Values(this);
        values.answerTime = value;
        return values.limits();
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(name + " must be positive, not " + value);
        }
        if (value.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(name + " must be at most " + LONGEST.toDays() + " days, not " + value);
        }
    }

    /** The limits while one of them is given another value. */
    private static final class Values {
        private int target;
        private int head;
        private int fields;
        private long body;
        private long unread;
        private Duration headTime;
        private Duration idleTime;
        private Duration bodyTime;
        private int bodyRate;
        private Duration writeTime;
        private long requests;
        private Duration halfClosedTime;
        private Duration answerTime;

        Values(Limits from) {
            target = from.target;
            head = from.head;
            fields = from.fields;
            body = from.body;
            unread = from.unread;
            headTime = from.headTime;
            idleTime = from.idleTime;
            bodyTime = from.bodyTime;
            bodyRate = from.bodyRate;
            writeTime = from.writeTime;
            requests = from.requests;
            halfClosedTime = from.halfClosedTime;
            answerTime = from.answerTime;
        }

        Limits limits() {
            return new Limits(
                    target,
                    head,
                    fields,
                    body,
                    unread,
                    headTime,
                    idleTime,
                    bodyTime,
                    bodyRate,
                    writeTime,
                    requests,
                    halfClosedTime,
                    answerTime);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.HttpContext;

/**
 * A connection that has had nothing to do for a while: what must be remembered to go on, and nothing else. With the
 * next byte it makes a connection of itself again. There may be very many of them.
 */
final class IdleConnection implements Protocol {
    /** Knows how connections are made. */
    interface Waker {

        /** Returns a connection that goes on where this one has stopped. */
        Protocol wake(IdleConnection idle);

        /** Returns when the connection will have been idle for too long. */
        long due(IdleConnection idle);
    }

    /** A part of a connection, some of which must be remembered. */
    interface Part {

        /** Writes what must be remembered. */
        void save(IdleConnection idle);

        /** Goes on with what was remembered. */
        void restore(IdleConnection idle);
    }

    private final Waker waker;

    // Streams.
    int lastStream;
    int served;
    long opened;
    int resetUpTo;

    // What the client may send.
    int receiveWindow;
    int uncredited;
    int tunedStream;
    int tunedConnection;

    // What the client takes.
    int sendWindow;
    int initialWindow;
    int mostPayload;

    // Header compression: the client's table, in the order in which it was filled, and what is agreed upon.
    byte[] table;
    int mostTable;
    int encoderTable;
    int encoderSmallest;

    // Tokens and time.
    float tokens;
    long tokensAt;
    long useful;
    long idleSince;

    // What happened at rest, and is still to be told.
    boolean ended;
    boolean stopping;

    IdleConnection(Waker waker) {
        this.waker = waker;
    }

    private void wake(Link link) {
        link.switchProtocol(waker.wake(this));
    }

    @Override
    public void opened(Link link) {
        link.deadline(waker.due(this));
    }

    @Override
    public void receive(Buffer in, Link link) {
        wake(link);
    }

    @Override
    public void inputClosed(Link link) {
        ended = true;
        wake(link);
    }

    @Override
    public void expired(Link link) {
        wake(link); // which sees what time it is
    }

    @Override
    public void shuttingDown(Link link) {
        stopping = true;
        wake(link);
    }

    /** Since when a connection has had no stream, and what becomes of it then: first it rests, later it ends. */
    static final class Timer implements Part {
        /** After so long without anything to do a connection keeps only what it needs, in nanoseconds. */
        static final long REST_NANOS = 1_000_000_000L;

        private long idleSince;
        private long restAt;
        private int served;

        /** There is no stream, or something has come that is none. */
        void begin(long now) {
            idleSince = now;
            restAt = now + REST_NANOS;
        }

        /** A stream is opened; returns how many there were. */
        int streamOpens() {
            return ++served;
        }

        /**
         * Returns when the connection will have been without streams for too long: less time where there never was one.
         */
        long endDue(HttpContext context) {
            return idleSince + (served == 0 ? context.headNanos() : context.idleNanos());
        }

        /** Returns when something is due to a connection without streams. */
        long due(HttpContext context) {
            return Math.min(restAt, endDue(context));
        }

        /** Returns whether the connection has been awake for a while; asks again after another. */
        boolean isTimeToRest(long now) {
            boolean isTime = restAt <= now;
            if (isTime) {
                restAt = now + REST_NANOS;
            }
            return isTime;
        }

        @Override
        public void save(IdleConnection idle) {
            idle.idleSince = idleSince;
            idle.served = served;
        }

        @Override
        public void restore(IdleConnection idle) {
            idleSince = idle.idleSince;
            served = idle.served;
        }
    }
}

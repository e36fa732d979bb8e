// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.io.IOException;

/**
 * Why a call has brought no answer, or only a part of one. {@link #sent} says whether the server may have seen the
 * request, which decides whether it may be repeated safely.
 */
public abstract sealed class HttpFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean sent;

    private HttpFailure(String message, boolean sent, Throwable cause) {
        super(message, cause);
        this.sent = sent;
    }

    /**
     * Returns whether the server may have seen the request, in part at least. {@code false} is certain: no byte of it
     * was handed to a connection.
     */
    public final boolean sent() {
        return sent;
    }

    /** Which time limit has passed. */
    public enum Limit {
        /** The time to open a connection. */
        CONNECT,

        /** The time from the end of the request to the first byte of the answer. */
        HEAD,

        /** The time without a byte of the answer, or without the server's taking a byte of the request. */
        SILENCE,

        /** The time for the whole call. */
        TOTAL
    }

    /** The name of the server has no address. */
    public static final class UnknownHost extends HttpFailure {
        private static final long serialVersionUID = 1L;

        /** Says which name. */
        public UnknownHost(String message, Throwable cause) {
            super(message, false, cause);
        }
    }

    /** No address of the server accepts a connection, or this machine cannot open one. */
    public static final class ConnectFailed extends HttpFailure {
        private static final long serialVersionUID = 1L;

        /** Says what was tried. */
        public ConnectFailed(String message, Throwable cause) {
            super(message, false, cause);
        }
    }

    /** The connection stands, but TLS does not: no common version, a certificate that is not trusted, another name. */
    public static final class TlsFailed extends HttpFailure {
        private static final long serialVersionUID = 1L;

        /** Says why. */
        public TlsFailed(String message, Throwable cause) {
            super(message, false, cause);
        }
    }

    /**
     * A connection that had carried requests before ended before a byte of the answer came: the server was about to
     * close it when the request arrived. The client repeats such a call by itself where that is safe.
     */
    public static final class StaleConnection extends HttpFailure {
        private static final long serialVersionUID = 1L;

        StaleConnection(boolean sent) {
            super("the server closed a reused connection before it answered", sent, null);
        }
    }

    /** A time limit has passed. */
    public static final class TimedOut extends HttpFailure {
        private static final long serialVersionUID = 1L;

        private final Limit limit;

        TimedOut(Limit limit, boolean sent) {
            super("the time limit has passed: " + limit, sent, null);
            this.limit = limit;
        }

        /** Returns which limit it was. */
        public Limit limit() {
            return limit;
        }
    }

    /** The answer is not HTTP/1, or does not say clearly where it ends. */
    public static final class BadResponse extends HttpFailure {
        private static final long serialVersionUID = 1L;

        BadResponse(String message) {
            super(message, true, null);
        }
    }

    /** The connection ended before the answer did. */
    public static final class ConnectionLost extends HttpFailure {
        private static final long serialVersionUID = 1L;

        ConnectionLost(String message, boolean sent) {
            super(message, sent, null);
        }
    }

    /** All connections are in use, and too many calls wait for one, or this one waited for too long. */
    public static final class NoCapacity extends HttpFailure {
        private static final long serialVersionUID = 1L;

        NoCapacity(String message) {
            super(message, false, null);
        }
    }

    /** The caller has given the call up, or its thread was interrupted. */
    public static final class Cancelled extends HttpFailure {
        private static final long serialVersionUID = 1L;

        Cancelled(String message, boolean sent, Throwable cause) {
            super(message, sent, cause);
        }
    }

    /** The client, or the loop below it, has been closed. */
    public static final class ClientClosed extends HttpFailure {
        private static final long serialVersionUID = 1L;

        ClientClosed(boolean sent) {
            super("the client is closed", sent, null);
        }
    }

    /** What makes the request's body has failed, or has made another number of bytes than it said. */
    public static final class RequestBodyFailed extends HttpFailure {
        private static final long serialVersionUID = 1L;

        RequestBodyFailed(boolean sent, Throwable cause) {
            super("the body of the request failed: " + cause.getMessage(), sent, cause);
        }
    }

    /** The answer's body is larger than the caller wanted to collect. */
    public static final class ResponseTooLarge extends HttpFailure {
        private static final long serialVersionUID = 1L;

        ResponseTooLarge(long most) {
            super("the body of the answer has more than " + most + " bytes", true, null);
        }
    }
}

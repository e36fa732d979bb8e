// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

/** Status codes of the close handshake (RFC 6455 section 7.4 and the IANA registry). */
public final class CloseCode {
    /** The purpose of the connection is fulfilled. */
    public static final int NORMAL = 1000;

    /** The endpoint goes away: a server shuts down, a page is left. */
    public static final int GOING_AWAY = 1001;

    /** The peer broke the protocol. */
    public static final int PROTOCOL_ERROR = 1002;

    /** The endpoint cannot accept this type of data. */
    public static final int UNSUPPORTED_DATA = 1003;

    /** Reported where the peer's Close had no code. Never sent. */
    public static final int NO_STATUS = 1005;

    /** Reported where the connection ended without a close handshake. Never sent. */
    public static final int ABNORMAL = 1006;

    /** A message does not match its type: a text is not UTF-8, compressed data cannot be inflated. */
    public static final int INVALID_DATA = 1007;

    /** A message breaks a rule of the endpoint for which there is no better code. */
    public static final int POLICY_VIOLATION = 1008;

    /** A message is too large. */
    public static final int TOO_BIG = 1009;

    /** The client needs an extension that the server did not negotiate. */
    public static final int EXTENSION_MISSING = 1010;

    /** The server failed. */
    public static final int INTERNAL_ERROR = 1011;

    /** The server restarts. */
    public static final int SERVICE_RESTART = 1012;

    /** The server is overloaded, or the client cannot follow: it may try again later. */
    public static final int TRY_AGAIN_LATER = 1013;

    /** A gateway got a bad answer from the server behind it. */
    public static final int BAD_GATEWAY = 1014;

    private CloseCode() {}

    /**
     * Returns whether a Close frame may carry this code: the registered ones but 1004 to 1006 and 1015, which are
     * reserved, and 3000 to 4999, which libraries and applications define.
     */
    public static boolean isSendable(int code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    }

    /** Returns what a Close says by which input is refused. */
    static String reasonToRefuse(int code) {
        return switch (code) {
            case TOO_BIG -> "message too big";
            case INVALID_DATA -> "invalid data";
            case POLICY_VIOLATION -> "too many frames";
            default -> "protocol error";
        };
    }
}

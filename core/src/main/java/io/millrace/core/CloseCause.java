// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** Why a connection ended. */
public enum CloseCause {

    /** This side asked for it, by {@link Link#close}. */
    LOCAL,

    /** The peer broke the connection off (ECONNRESET, EPIPE). */
    RESET,

    /**
     * The peer ended a connection under TLS without saying so in TLS (close_notify): what came may be only a part of
     * what it sent.
     */
    TRUNCATED,

    /** A time limit of the carrier passed: the peer read nothing for too long. */
    STALLED,

    /** All connections together held too much memory for what waits to be sent or read, and this one held most. */
    MEMORY_PRESSURE,

    /** The network gave up (ETIMEDOUT, EHOSTUNREACH and their like). */
    UNREACHABLE,

    /**
     * The protocol threw an exception, or a file that was being sent turned out shorter than promised, or TLS failed.
     */
    FAILED,

    /** The loop was stopped before the connection had ended by itself. */
    SHUTDOWN
}

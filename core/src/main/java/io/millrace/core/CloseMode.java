// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** How a connection is to end. */
public enum CloseMode {

    /** At once: what has not left yet is dropped. */
    NOW,

    /**
     * At once, and the peer is to know that it was broken off: it gets RST instead of an orderly end (SO_LINGER of 0,
     * socket(7)).
     */
    ABORT,

    /** After everything in {@link Link#out()} has left. For when the peer owes nothing more. */
    FLUSHED,

    /**
     * After everything has left, with our direction closed first and the peer's remaining bytes read and dropped for a
     * short time. Closing a socket with unread input makes the kernel send RST, which can destroy the last answer on
     * its way (RFC 9112 section 9.6); so this is for when the peer may still be sending.
     */
    LINGERING
}

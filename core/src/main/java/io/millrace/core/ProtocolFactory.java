// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import org.jspecify.annotations.Nullable;

/**
 * Makes the protocol of each new connection. A server has one factory per loop, made when the loop starts and called by
 * the loop's thread only: a factory may own caches (a date, a pool) without any lock.
 */
@FunctionalInterface
public interface ProtocolFactory {

    /** The protocol for a connection that was just accepted. */
    Protocol create();

    /**
     * The protocol for a connection that was accepted beyond the server's connection limit. It should say so in its own
     * terms and close; {@code null}, the default, closes at once.
     */
    default @Nullable Protocol refuse() {
        return null;
    }
}

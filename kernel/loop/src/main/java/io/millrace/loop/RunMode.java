// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** How long {@link EventLoop#run(RunMode)} goes on, unless it is ended before. */
public enum RunMode {
    /** Until it is ended, also while there is nothing to wait for. */
    UNTIL_STOPPED,

    /**
     * Until nothing is left that could call back: no enabled event, connection, listening socket, task or
     * {@link EventLoop#ref}.
     */
    UNTIL_EMPTY,

    /** Waits until something has happened, calls back for it and returns. */
    ONCE,

    /** Calls back for what has happened already, without waiting. */
    NOW
}

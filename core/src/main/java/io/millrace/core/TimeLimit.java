// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** What a {@link Flow#timeout time limit} is about. */
public enum TimeLimit {

    /** Nothing has come in. Does not run while input is paused. */
    READ,

    /** There is something to send, and the peer takes none of it. Does not run while nothing waits. */
    WRITE,

    /** Nothing has moved in either direction. */
    IDLE
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** What becomes of a member of a group for which more waits to be sent than the group allows. */
public enum SlowConsumer {
    /** It misses the message, and is sent those that come when less waits. */
    DROP,

    /** Its connection is closed, so that it knows that it missed something. */
    CLOSE,

    /** The message waits with the others, without a bound. For members that are trusted. */
    KEEP
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.TimeLimit;

/**
 * What {@link FlowControl} needs to know of the link whose bytes it limits, and what it asks of it. The owner thread
 * alone calls.
 */
public interface FlowOwner {

    /** Returns the link's time in nanoseconds. */
    long now();

    /** Returns the number of bytes of input that the protocol has left unconsumed. */
    int kept();

    /** Returns the high mark of the output where none was agreed upon, in bytes. */
    long usualHigh();

    /** Says that a rate lets no more input come in for now ({@code true}), or does again ({@code false}). */
    void holdInput(boolean on);

    /** Says that a rate lets no more output leave for now ({@code true}), or does again ({@code false}). */
    void holdOutput(boolean on);

    /** Returns whether input is not wanted: the protocol has paused it, or its end has been read. */
    boolean isInputOff();

    /** Returns whether the link itself keeps the peer's input waiting, by a rate or because too much lies here. */
    boolean isInputHeld();

    /** Returns whether output waits that the peer does not take. */
    boolean isBlocked();

    /** Returns when the last byte came in, in nanoseconds of {@link #now}. */
    long lastIn();

    /** Returns when the last byte left, in nanoseconds of {@link #now}. */
    long lastOut();

    /** Sees to it that {@link FlowControl#expire} is called at {@link FlowControl#next} at the latest. */
    void arm();

    /** Tells the protocol that a time limit has passed. */
    void timedOut(TimeLimit which);
}

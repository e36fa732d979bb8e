// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Flow;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;

/**
 * The verbs of a {@link Flow} that are the same for every carrier, on top of its {@link FlowControl}. An interface, so
 * that a connection of a loop can be its own flow and needs no object for it. Only the owner thread calls.
 */
public interface ControlledFlow extends Flow, FlowOwner {

    /** Returns the flow control of this link, which the first call makes. */
    FlowControl control();

    /** Returns whether the link is at its end, so that nothing more can be agreed upon. */
    boolean isOver();

    /** Something has been agreed upon: the link looks again at what may move. */
    void agreementChanged();

    /** The marks of the input have changed: the link shows the protocol again what it has left. */
    void offerAgain();

    @Override
    default void timeout(TimeLimit which, long nanos) {
        if (!isOver()) {
            control().limit(which, nanos);
        }
    }

    @Override
    default void writeWatermarks(long low, long high) {
        FlowControl.checkOutputMarks(low, high);
        if (!isOver()) {
            control().writeWatermarks(low, high);
            agreementChanged();
        }
    }

    @Override
    default void readWatermarks(int low, int high) {
        FlowControl.checkInputMarks(low, high);
        if (!isOver()) {
            control().readWatermarks(low, high);
            offerAgain();
            agreementChanged();
        }
    }

    @Override
    default void rate(RateLimit rate) {
        if (!isOver()) {
            control().rate(rate);
            agreementChanged();
        }
    }

    @Override
    default void maxPerCall(int read, int write) {
        FlowControl.checkPortions(read, write);
        if (!isOver()) {
            control().maxPerCall(read, write);
            agreementChanged();
        }
    }
}

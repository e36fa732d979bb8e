// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Link;
import io.millrace.loop.EventLoop;

/**
 * The times of a connection under its one timer: its protocol's deadline, and how long its output may stand still. A
 * superclass and no object of its own, for an idle connection is to stay small.
 */
abstract class ConnectionTimes extends ConnectionFlags {
    final EventLoop loop;
    private long deadline = Link.NEVER;
    private long stallAt = Link.NEVER;
    private long stallLimit = Link.NEVER;

    ConnectionTimes(EventLoop loop) {
        this.loop = loop;
    }

    /** Returns when the next limit is due that was agreed upon beyond the usual, or {@link Link#NEVER}. */
    abstract long nextFlowLimit();

    /** Deals with those limits that are due, and with what the other limits have come to. */
    abstract void expireFlow(long now);

    /** The output has stood still for too long. */
    abstract void stalled();

    /** The protocol's deadline has passed. */
    abstract void expired();

    /** For {@link Link}. */
    public final boolean inLoop() {
        return loop.inLoop();
    }

    /** For {@link Link}. */
    public final long now() {
        return loop.now();
    }

    /** For {@link Link}. */
    public final void deadline(long at) {
        assert inLoop();
        deadline = at;
        if (at != Link.NEVER) {
            arm();
        }
    }

    /** For {@link io.millrace.core.Flow}. */
    public final void writeTimeout(long nanos) {
        assert inLoop();
        stallLimit = nanos;
    }

    /** What a protocol has set for itself is not for the next one. */
    final void forgetTimes() {
        deadline = Link.NEVER;
        stallLimit = Link.NEVER;
        stallAt = Link.NEVER;
    }

    /** The socket takes nothing more for now; {@code progress} says whether it took something this time. */
    final void outputWaits(boolean progress) {
        if (stallLimit != Link.NEVER && (progress || stallAt == Link.NEVER)) {
            stallAt = later(loop.now(), stallLimit);
            arm();
        }
    }

    /** No output waits for the peer: there is none, or a limit of rate holds it up. */
    final void throttled() {
        stallAt = Link.NEVER;
    }

    /** Some bytes have left, though not all: it moves. */
    final void moved() {
        if (stallAt != Link.NEVER) {
            stallAt = later(loop.now(), stallLimit);
        }
    }

    /**
     * Sees to it that the timer expires no later than the next limit. To expire too early is cheaper than to be moved
     * each time.
     */
    public final void arm() {
        long next = nextLimit();
        if (next != Link.NEVER && !is(DEAD) && (!isSet() || next < due())) {
            loop.setTimer(this, next);
        }
    }

    private long nextLimit() {
        return Math.min(Math.min(deadline, stallAt), nextFlowLimit());
    }

    @Override
    protected final void expire() {
        long now = loop.now();
        if (nextLimit() > now) {
            arm();
            return;
        }
        if (stallAt <= now) {
            stalled();
        } else if (deadline <= now) {
            deadline = Link.NEVER;
            expired();
        }
        expireFlow(now);
        arm();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Link;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import java.time.Duration;

/** What is due at one end of a pair: its deadline, its stall limit, its flow control. One timer for all of them. */
final class PairLimits {
    private static final long NEVER = Link.NEVER;

    private final EventLoop loop;
    private final PairLink link;
    private long deadline = NEVER;
    private long stallLimit = NEVER;
    private long stallAt = NEVER;
    private boolean blocked;
    private long blockedSince;
    private Timer timer;
    private long timerAt = NEVER;

    PairLimits(EventLoop loop, PairLink link) {
        this.loop = loop;
        this.link = link;
    }

    void deadline(long at) {
        deadline = at;
        arm();
    }

    void stallLimit(long nanos) {
        stallLimit = nanos;
        stallAt = blocked ? later(loop.now(), nanos) : NEVER;
        arm();
    }

    /** Another protocol takes over: it sets its own. */
    void reset() {
        deadline = NEVER;
        stallLimit = NEVER;
        stallAt = NEVER;
    }

    /** Whether output waits for the peer, after it took what it would. */
    void blocked(boolean on) {
        if (on && !blocked) {
            blockedSince = loop.now();
        }
        blocked = on;
        stallAt = on ? later(Math.max(blockedSince, link.lastOut()), stallLimit) : NEVER;
        arm();
    }

    /** Sees to it that the timer rings when the next of them is due, or before. */
    void arm() {
        long next = Math.min(Math.min(deadline, stallAt), link.flowDue());
        if (next == NEVER || next >= timerAt || link.isOver()) {
            return;
        }
        cancel();
        timerAt = next;
        timer = loop.schedule(Duration.ofNanos(Math.max(1, next - loop.now())), this::ring);
    }

    void cancel() {
        if (timer != null) {
            timer.cancel();
            timer = null;
            timerAt = NEVER;
        }
    }

    private void ring() {
        timer = null;
        timerAt = NEVER;
        long now = loop.now();
        if (stallAt <= now) {
            link.stalled();
        }
        if (deadline <= now && !link.isOver()) {
            deadline = NEVER;
            link.expired();
        }
        if (link.flowDue() <= now && !link.isOver()) {
            link.ringFlow(now);
        }
        arm();
    }

    private static long later(long from, long nanos) {
        long at = from + nanos;
        return at < from ? NEVER : at;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Link;
import io.millrace.link.LinkFlow;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is due at one end of a pair: its deadline and its flow. One timer for all of them. */
final class PairLimits {
    private static final long NEVER = Link.NEVER;

    private final EventLoop loop;
    private final PairLink link;
    private final LinkFlow flow;
    private long deadline = NEVER;
    private @Nullable Timer timer;
    private long timerAt = NEVER;

    PairLimits(EventLoop loop, PairLink link, LinkFlow flow) {
        this.loop = loop;
        this.link = link;
        this.flow = flow;
    }

    void deadline(long at) {
        deadline = at;
        arm();
    }

    /** Another protocol takes over: it sets its own. */
    void reset() {
        deadline = NEVER;
    }

    /** Sees to it that the timer rings when the next of them is due, or before. */
    void arm() {
        long next = Math.min(deadline, flow.due());
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
        if (flow.isStalled(now)) {
            link.stalled();
        }
        if (deadline <= now && !link.isOver()) {
            deadline = NEVER;
            link.expired();
        }
        if (flow.due() <= now && !link.isOver()) {
            link.ringFlow(now);
        }
        arm();
    }
}

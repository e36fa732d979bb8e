// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Link;
import io.millrace.core.TimeLimit;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import java.time.Duration;
import java.util.Arrays;

/** The deadline and the time limits of one end of a pair: one timer, which looks when the next of them may be due. */
final class PairLimits {
    private static final long NEVER = Link.NEVER;

    private final EventLoop loop;
    private final PairLink link;
    private final long[] limits = {NEVER, NEVER, NEVER};

    /** When each limit may have passed; NEVER for one that was told already, or does not run. */
    private final long[] due = {NEVER, NEVER, NEVER};

    /** Since when each limit runs. */
    private final long[] since = new long[3];

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
        Arrays.fill(limits, NEVER);
        Arrays.fill(due, NEVER);
    }

    void limit(TimeLimit which, long nanos) {
        limits[which.ordinal()] = nanos;
        begin(which);
    }

    /** A limit begins anew. */
    private void begin(TimeLimit which) {
        int i = which.ordinal();
        since[i] = loop.now();
        due[i] = which == TimeLimit.WRITE && !blocked ? NEVER : later(loop.now(), limits[i]);
        arm();
    }

    /** Something has come in. */
    void moved() {
        revive(TimeLimit.READ);
        revive(TimeLimit.IDLE);
    }

    void resumed() {
        begin(TimeLimit.READ);
    }

    /** Something has been sent, and so much of it that the rest waits for the peer, or nothing is left. */
    void blocked(boolean on) {
        if (on && !blocked) {
            blockedSince = loop.now();
        }
        boolean begins = on && !blocked;
        blocked = on;
        stallAt = on ? later(Math.max(blockedSince, link.lastOut()), stallLimit) : NEVER;
        if (begins) {
            begin(TimeLimit.WRITE);
        }
        revive(TimeLimit.IDLE);
        arm();
    }

    private void revive(TimeLimit which) {
        if (due[which.ordinal()] == NEVER && limits[which.ordinal()] != NEVER) {
            begin(which);
        }
    }

    private void arm() {
        long next = Math.min(Math.min(deadline, stallAt), Math.min(due[0], Math.min(due[1], due[2])));
        if (next == NEVER || next >= timerAt) {
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
        for (TimeLimit which : TimeLimit.values()) {
            if (due[which.ordinal()] <= now && !link.isOver()) {
                look(which, now);
            }
        }
        if (!link.isOver()) {
            arm();
        }
    }

    private void look(TimeLimit which, long now) {
        int i = which.ordinal();
        due[i] = NEVER;
        if (which == TimeLimit.READ && link.isPaused() || which == TimeLimit.WRITE && !blocked) {
            return;
        }
        long last = switch (which) {
            case READ -> link.lastIn();
            case WRITE -> link.lastOut();
            case IDLE -> Math.max(link.lastIn(), link.lastOut());
        };
        long at = later(Math.max(last, since[i]), limits[i]);
        if (at > now) {
            due[i] = at;
        } else {
            link.late(which);
        }
    }

    private static long later(long from, long nanos) {
        long at = from + nanos;
        return at < from ? NEVER : at;
    }
}

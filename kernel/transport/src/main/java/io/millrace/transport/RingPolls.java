// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.poll.PollBits;
import io.millrace.sys.Epoll;

/** Polls of what is no connection: edge-triggered by one poll that goes on, level-triggered by one for each report. */
final class RingPolls {
    private final RingQueue queue;

    RingPolls(RingQueue queue) {
        this.queue = queue;
    }

    /** Begins a poll, which takes the place of the one before. */
    void poll(Source source, int interest) {
        poll(source, interest, isEdge(interest));
    }

    private static boolean isEdge(int interest) {
        return (interest & Interest.EDGE) != 0 && (interest & Interest.EXCLUSIVE) == 0;
    }

    /**
     * Returns what was found without the end of the peer's stream where that was not asked for: a ring tells of it
     * always, other than epoll.
     */
    static int asked(Source source, int found) {
        return (source.interest & Interest.PEER_CLOSED) != 0 ? found : found & ~Interest.PEER_CLOSED;
    }

    /**
     * A poll of that kind has completed: sees to it that there is one as long as something is wanted. With {@code vain}
     * nothing was found that was asked for, and a poll that is told once would find the same at once.
     */
    void goOn(Source source, int kind, boolean vain) {
        if (source.fd < 0 || source.interest == 0) {
            return;
        }
        boolean isUnderWay = (source.underWay & 1 << source.kind) != 0;
        boolean edge = isEdge(source.interest);
        if (isUnderWay && source.kind == kind && !edge && !vain) {
            queue.cancel(source, kind);
            source.underWay &= ~(1 << kind);
            isUnderWay = false;
        }
        if (!isUnderWay) {
            poll(source, source.interest, edge || vain);
        }
    }

    private void poll(Source source, int interest, boolean goesOn) {
        source.interest = interest;
        if (bits(interest) == 0) {
            return;
        }
        source.kind = source.kind == 0 || source.kind == RingQueue.LAST_POLL ? RingQueue.FIRST_POLL : source.kind + 1;
        int events = bits(interest);
        if (goesOn) {
            queue.next(source, source.kind).pollMultishot(source.fd, events, RingQueue.data(source, source.kind));
        } else {
            queue.next(source, source.kind).poll(source.fd, events, RingQueue.data(source, source.kind));
        }
    }

    /**
     * Cancels the poll of a source, and what it accepts, at once, and not with the turn's batch: the kernel holds the
     * descriptor's file as long as a poll of it is under way.
     */
    void cancel(Source source) {
        source.interest = 0;
        boolean polls = (source.underWay & 1 << source.kind) != 0;
        boolean accepts = (source.underWay & 1 << RingQueue.ACCEPT) != 0;
        if (polls) {
            queue.cancel(source, source.kind);
        }
        if (accepts) {
            queue.cancel(source, RingQueue.ACCEPT);
        }
        if (polls || accepts) {
            queue.flush();
        }
        if (polls) {
            // What is left of an accept is awaited: it may still bring connections.
            source.underWay &= 1 << RingQueue.ACCEPT;
        }
    }

    private static int bits(int interest) {
        return PollBits.toPoll(interest) | ((interest & Interest.EXCLUSIVE) != 0 ? Epoll.EPOLLEXCLUSIVE : 0);
    }
}

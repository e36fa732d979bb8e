// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Link;
import io.millrace.core.RateLimit;
import io.millrace.link.TokenBucket;
import io.millrace.loop.EventLoop;
import io.millrace.loop.TimerNode;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * A limit of rate that several connections share, on one loop or on several. What a member does not use goes to the
 * others.
 *
 * <p>A member moves what it was granted, then queues up. When enough has come together, those that wait are granted
 * equal parts, first come first served, and no part is smaller than the minimum: so all get the same over time, and no
 * connection wakes up for single bytes.
 *
 * <pre>
 *   bucket ──equal parts──► grant of each member ──recv, send──► 0: to the end of the queue
 *      ▲ rate                                                        │
 *      └────────── alarm, when a part is there for those in front ◄──┘
 * </pre>
 *
 * <p>Any thread may make a group and read its totals; a link is added and removed by its owner.
 */
public final class RateLimitGroup {
    private static final long USUAL_MINIMUM = 64;

    private final Lane in;
    private final Lane out;
    private final long minimum;
    private int members;

    private RateLimitGroup(RateLimit rate, long minimum) {
        this.minimum = minimum;
        this.in = new Lane(rate.in(), rate.inBurst(), Connection.HELD_IN);
        this.out = new Lane(rate.out(), rate.outBurst(), Connection.HELD_OUT);
    }

    /** A group without members. */
    public static RateLimitGroup of(RateLimit rate) {
        return of(rate, USUAL_MINIMUM);
    }

    /**
     * A group without members whose parts are at least {@code minimum} bytes: with many members and a low rate they
     * take turns instead of moving a few bytes each. A burst smaller than that is the minimum then.
     *
     * @throws IllegalArgumentException for a minimum below one byte
     */
    public static RateLimitGroup of(RateLimit rate, long minimum) {
        if (minimum < 1) {
            throw new IllegalArgumentException("the smallest part is at least one byte, not " + minimum);
        }
        return new RateLimitGroup(rate, minimum);
    }

    /**
     * Puts a link under the group's limit, beside its own if it has one. It leaves another group that it was in, and
     * this one when it ends.
     *
     * @throws IllegalArgumentException if the link is not a loop's connection
     */
    public void add(Link link) {
        Connection connection = connection(link);
        Member member = new Member(connection);
        synchronized (this) {
            members++;
        }
        if (!connection.enter(member)) {
            member.leave();
        }
    }

    /** Takes a link out; nothing happens if it is not in this group. */
    public void remove(Link link) {
        Connection connection = connection(link);
        ConnectionFlow flow = connection.flow;
        if (flow != null && flow.member instanceof Member member && member.group() == this) {
            member.leave();
            flow.member = null;
            connection.free();
        }
    }

    private static Connection connection(Link link) {
        if (link instanceof Connection connection) {
            return connection;
        }
        throw new IllegalArgumentException("not a connection of a loop: " + link);
    }

    /** How many loops the group knows: those with members. For tests. */
    synchronized int loops() {
        return Math.max(in.queues.size(), out.queues.size());
    }

    /** Number of links in the group. */
    public synchronized int members() {
        return members;
    }

    /** Bytes that have come in over all members so far. */
    public synchronized long totalIn() {
        return in.total;
    }

    /** Bytes that have gone out over all members so far. */
    public synchronized long totalOut() {
        return out.total;
    }

    private synchronized double grant(Lane lane, long now, int sharers) {
        double tokens = lane.bucket.fill(now);
        if (tokens < lane.least) {
            return 0;
        }
        double part = Math.max(lane.least, tokens / sharers);
        lane.bucket.take(part);
        return part;
    }

    private synchronized void waits(Lane lane, int change) {
        lane.waiting += change;
    }

    private synchronized int waiting(Lane lane) {
        return Math.max(1, lane.waiting);
    }

    private synchronized void moved(Lane lane, long count) {
        lane.total += count;
    }

    private synchronized void left(double unusedIn, double unusedOut) {
        members--;
        in.giveBack(unusedIn);
        out.giveBack(unusedOut);
    }

    private synchronized long when(Lane lane, long now) {
        lane.bucket.fill(now);
        return lane.bucket.when(Math.max(lane.least, lane.bucket.piece()));
    }

    /** One direction. Guarded by the group, but for the queues, which are their loops'. */
    private final class Lane {
        private final int held;
        private final TokenBucket bucket;
        private final double least;
        private final Map<EventLoop, Queue> queues = new HashMap<>();
        private long total;
        private int waiting;

        Lane(long rate, long burst, int held) {
            this.held = held;
            this.bucket = rate == RateLimit.UNLIMITED ? null : new TokenBucket(rate, burst, 0);
            this.least = Math.min(minimum, burst);
        }

        /** The queue of a loop, for one more share. */
        Queue enter(EventLoop loop) {
            synchronized (RateLimitGroup.this) {
                Queue queue = queues.computeIfAbsent(loop, l -> new Queue(this, l));
                queue.members++;
                return queue;
            }
        }

        /** One share less; a loop without any is not kept, for it may be closed one day. On the loop. */
        void leave(Queue queue) {
            synchronized (RateLimitGroup.this) {
                if (--queue.members == 0) {
                    queues.remove(queue.loop, queue);
                    queue.loop.cancelTimer(queue);
                }
            }
        }

        void giveBack(double unused) {
            if (bucket != null) {
                bucket.take(-unused);
            }
        }
    }

    /** Those of one loop that wait, in order. */
    private final class Queue extends TimerNode {
        private final Lane lane;
        private final EventLoop loop;
        private final ArrayDeque<Share> shares = new ArrayDeque<>();

        /** How many shares may come here. Guarded by the group. */
        private int members;

        Queue(Lane lane, EventLoop loop) {
            this.lane = lane;
            this.loop = loop;
        }

        void add(Share share) {
            shares.add(share);
            waits(lane, 1);
            arm();
        }

        void remove(Share share) {
            if (shares.remove(share)) {
                waits(lane, -1);
            }
        }

        private void arm() {
            if (!shares.isEmpty() && !isSet()) {
                loop.setTimer(this, when(lane, loop.now()));
            }
        }

        @Override
        protected void expire() {
            while (!shares.isEmpty()) {
                double part = grant(lane, loop.now(), waiting(lane));
                if (part == 0) {
                    break;
                }
                waits(lane, -1);
                shares.remove().granted(part);
            }
            arm();
        }
    }

    /** What one member may do in one direction. */
    private final class Share {
        private final Lane lane;
        private final Queue queue;
        private final Connection connection;
        private double left;
        private boolean waits;

        Share(Lane lane, Connection connection) {
            this.lane = lane;
            this.queue = lane.enter(connection.loop);
            this.connection = connection;
        }

        double may() {
            if (lane.bucket == null) {
                return Double.MAX_VALUE;
            }
            if (left < 1 && !waits && queue.shares.isEmpty()) {
                left += grant(lane, connection.loop.now(), Math.max(1, members()));
            }
            if (left >= 1) {
                return left;
            }
            connection.set(lane.held);
            if (!waits) {
                waits = true;
                queue.add(this);
            }
            return 0;
        }

        void moved(long count) {
            left -= count;
            RateLimitGroup.this.moved(lane, count);
        }

        void granted(double part) {
            left += part;
            waits = false;
            connection.clear(lane.held);
            connection.touched();
        }

        double leave() {
            queue.remove(this);
            lane.leave(queue);
            waits = false;
            return left;
        }
    }

    /** One connection's place in the group. */
    private final class Member implements ConnectionFlow.Limiter {
        private final Share input;
        private final Share output;

        private Member(Connection connection) {
            this.input = new Share(in, connection);
            this.output = new Share(out, connection);
        }

        RateLimitGroup group() {
            return RateLimitGroup.this;
        }

        /** How many bytes may come in now; at 0 the connection is held up until it is granted more. */
        @Override
        public double mayReceive() {
            return input.may();
        }

        /** How many bytes may go out now; at 0 the connection is held up until it is granted more. */
        @Override
        public double maySend() {
            return output.may();
        }

        @Override
        public void received(long count) {
            input.moved(count);
        }

        @Override
        public void sent(long count) {
            output.moved(count);
        }

        @Override
        public void leave() {
            left(input.leave(), output.leave());
        }
    }
}

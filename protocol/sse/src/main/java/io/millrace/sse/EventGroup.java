// SPDX-License-Identifier: Apache-2.0
package io.millrace.sse;

import io.millrace.core.MemberSet;
import io.millrace.core.SlowConsumer;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * Event streams that are sent the same events. An event is encoded once; each loop is given one task, however many
 * members it has. Any thread may call. A stream that has ended leaves by itself with the next event.
 */
public final class EventGroup {
    /** How many bytes may wait for one member, where nothing else is said: 1 MiB. */
    public static final long MOST_PENDING = 1 << 20;

    private final SlowConsumer policy;
    private final long mostPending;
    private final MemberSet<EventStream> members = new MemberSet<>();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder missed = new LongAdder();

    /**
     * Makes a group that breaks the streams off for which more than {@link #MOST_PENDING} bytes wait: their clients
     * come back and say by Last-Event-ID what they have.
     */
    public EventGroup() {
        this(SlowConsumer.CLOSE, MOST_PENDING);
    }

    /**
     * Makes a group.
     *
     * @param mostPending how many bytes may wait for one member before {@code policy} says what becomes of it
     */
    public EventGroup(SlowConsumer policy, long mostPending) {
        this.policy = Objects.requireNonNull(policy);
        this.mostPending = mostPending;
    }

    /** Adds a stream. Nothing else may write to it meanwhile but on its loop. */
    public void add(EventStream stream) {
        members.add(stream);
    }

    /** Removes a stream, which stays open. */
    public void remove(EventStream stream) {
        members.remove(stream);
    }

    /** Returns the number of members; of those that have ended since the last event, some may still be counted. */
    public int size() {
        return members.size();
    }

    /** Returns how many times an event was handed to a member so far. */
    public long delivered() {
        return delivered.sum();
    }

    /** Returns how many times a member could not follow so far. */
    public long missed() {
        return missed.sum();
    }

    /** Sends an event to all members. Returns before it has been sent; events of one thread keep their order. */
    public void send(ServerSentEvent event) {
        members.tell(member -> deliver(member, event));
    }

    private void deliver(EventStream member, ServerSentEvent event) {
        if (member.offer(event, policy == SlowConsumer.KEEP ? Long.MAX_VALUE : mostPending)) {
            delivered.increment();
            return;
        }
        missed.increment();
        if (policy == SlowConsumer.CLOSE) {
            member.abort();
        }
    }
}

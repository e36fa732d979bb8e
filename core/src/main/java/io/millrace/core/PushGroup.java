// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Connections that are sent the same messages, with a policy for those that cannot follow, and counters. Each thread
 * that owns some of them is given one task for a message ({@link MemberSet}). Any thread may call. A member that has
 * ended leaves by itself with the next message.
 *
 * @param <M> what a member is
 * @param <T> what a message is, encoded once
 */
public abstract class PushGroup<M extends MemberSet.Member, T> {
    /** How many bytes may wait for one member, where nothing else is said: 1 MiB. */
    public static final long MOST_PENDING = 1 << 20;

    private final SlowConsumer policy;
    private final long mostPending;
    private final MemberSet<M> members = new MemberSet<>();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder missed = new LongAdder();

    /**
     * Makes a group.
     *
     * @param mostPending how many bytes may wait for one member before {@code policy} says what becomes of it
     */
    protected PushGroup(SlowConsumer policy, long mostPending) {
        this.policy = Objects.requireNonNull(policy);
        this.mostPending = mostPending;
    }

    /** Adds a member: at once if its own thread calls, else soon. One that has ended is not added. */
    public void add(M member) {
        members.add(member);
    }

    /** Removes a member, which stays open. */
    public void remove(M member) {
        members.remove(member);
    }

    /** Returns the number of members; of those that have ended since the last message, some may still be counted. */
    public int size() {
        return members.size();
    }

    /** Returns how many times a message was handed to a member so far. */
    public long delivered() {
        return delivered.sum();
    }

    /** Returns how many times a member could not follow so far. */
    public long missed() {
        return missed.sum();
    }

    /** Sends a message to all members. Returns before it has been sent; messages of one thread keep their order. */
    public void send(T message) {
        members.tell(member -> deliver(member, message));
    }

    /** Does something with each member, on the member's thread: at once on the calling thread, else soon. */
    protected void tell(Consumer<? super M> what) {
        members.tell(what);
    }

    private void deliver(M member, T message) {
        if (offer(member, message, policy == SlowConsumer.KEEP ? Long.MAX_VALUE : mostPending)) {
            delivered.increment();
            return;
        }
        missed.increment();
        if (policy == SlowConsumer.CLOSE) {
            drop(member);
        }
    }

    /**
     * Sends a message to a member, on the member's thread, if no more than so many bytes wait for it then.
     *
     * @return whether it was sent
     */
    protected abstract boolean offer(M member, T message, long most);

    /** Ends a member that cannot follow, on its thread. */
    protected abstract void drop(M member);
}

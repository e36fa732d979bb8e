// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Things that live on connections of any loops and are told the same: each thread that owns some of them is given one
 * task, however many these are. Any thread may call.
 *
 * @param <M> what is told
 */
public final class MemberSet<M extends MemberSet.Member> {
    private final Map<Thread, Shard<M>> shards = new ConcurrentHashMap<>();

    /** What lives on a connection, and is for the thread that owns it. */
    public interface Member extends Executor {

        /** Returns whether the calling thread owns this. Any thread may ask. */
        boolean inLoop();

        /** Returns whether this has not ended. Any thread may ask. */
        boolean isOpen();
    }

    /** The members that one thread owns. */
    private static final class Shard<M extends Member> {
        private final Set<M> members = new LinkedHashSet<>();
        private Object @Nullable [] known;

        private synchronized Object[] members() {
            Object[] all = known;
            if (all == null) {
                all = members.toArray();
                known = all;
            }
            return all;
        }

        private synchronized void add(M member) {
            members.add(member);
            known = null;
        }

        private synchronized boolean remove(Object member) {
            boolean removed = members.remove(member);
            if (removed) {
                known = null;
            }
            return removed;
        }

        private synchronized int size() {
            return members.size();
        }
    }

    /** Makes an empty set. */
    public MemberSet() {}

    /** Adds a member: at once if its own thread calls, else soon. One that has ended is not added. */
    public void add(M member) {
        if (!member.inLoop()) {
            hand(member, same -> add(member));
        } else if (member.isOpen()) {
            synchronized (shards) {
                shards.computeIfAbsent(Thread.currentThread(), thread -> new Shard<>())
                        .add(member);
            }
        }
    }

    /** Removes a member. */
    public void remove(M member) {
        synchronized (shards) {
            shards.values().removeIf(shard -> shard.remove(member) && shard.size() == 0);
        }
    }

    /** Returns the number of members; of those that have ended since the last {@link #tell}, some may still count. */
    public int size() {
        return shards.values().stream().mapToInt(Shard::size).sum();
    }

    /**
     * Does something with each member, on the thread that owns it: at once with those of the calling thread, else soon;
     * what one thread says keeps its order. Members that have ended are removed.
     */
    public void tell(Consumer<? super M> what) {
        shards.forEach((owner, shard) -> {
            if (owner == Thread.currentThread()) {
                tell(owner, shard, what);
            } else {
                post(owner, shard, what);
            }
        });
    }

    @SuppressWarnings("unchecked") // members() has nothing else
    private void post(Thread owner, Shard<M> shard, Consumer<? super M> what) {
        Object[] members = shard.members();
        if (members.length == 0) {
            return;
        }
        try {
            ((M) members[0]).execute(() -> tell(owner, shard, what));
        } catch (RejectedExecutionException e) {
            shards.remove(owner, shard); // its loop is closed, and all of its connections with it
        }
    }

    @SuppressWarnings("unchecked")
    private void tell(Thread owner, Shard<M> shard, Consumer<? super M> what) {
        boolean left = false;
        for (Object each : shard.members()) {
            M member = (M) each;
            if (!member.isOpen()) {
                left |= shard.remove(member);
            } else if (member.inLoop()) {
                what.accept(member);
            } else {
                hand(member, what); // where threads share connections, another one may own the member now
            }
        }
        if (left) {
            synchronized (shards) {
                shards.computeIfPresent(owner, (thread, same) -> same.size() == 0 ? null : same);
            }
        }
    }

    private void hand(M member, Consumer<? super M> what) {
        try {
            member.execute(() -> what.accept(member));
        } catch (RejectedExecutionException ignored) {
            // It has ended with its loop.
        }
    }
}

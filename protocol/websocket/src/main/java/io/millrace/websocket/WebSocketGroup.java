// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;

/**
 * WebSockets that are sent the same messages. A message is framed and compressed once ({@link WebSocketMessage}); each
 * loop is given one task, however many members it has, and each member the same bytes. Any thread may call.
 *
 * <p>A member that has closed leaves by itself with the next message; {@link #remove} is for those that go on.
 */
public final class WebSocketGroup {
    /** How many bytes may wait for one member, where nothing else is said: 1 MiB. */
    public static final long MOST_PENDING = 1 << 20;

    private final SlowConsumer policy;
    private final long mostPending;
    private final Map<Thread, Shard> shards = new ConcurrentHashMap<>();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder missed = new LongAdder();

    /** Makes a group that closes members for which more than {@link #MOST_PENDING} bytes wait. */
    public WebSocketGroup() {
        this(SlowConsumer.CLOSE, MOST_PENDING);
    }

    /**
     * Makes a group.
     *
     * @param mostPending how many bytes may wait for one member before {@code policy} says what becomes of it
     */
    public WebSocketGroup(SlowConsumer policy, long mostPending) {
        this.policy = Objects.requireNonNull(policy);
        this.mostPending = mostPending;
    }

    /** The members that one thread owns. */
    private static final class Shard {
        private final Set<WebSocket> members = new LinkedHashSet<>();
        private WebSocket[] known;

        private synchronized WebSocket[] members() {
            if (known == null) {
                known = members.toArray(WebSocket[]::new);
            }
            return known;
        }

        private synchronized void add(WebSocket socket) {
            members.add(socket);
            known = null;
        }

        private synchronized boolean remove(WebSocket socket) {
            boolean removed = members.remove(socket);
            known = removed ? null : known;
            return removed;
        }

        private synchronized int size() {
            return members.size();
        }
    }

    /** Adds a member: at once if its own thread calls, as {@link WebSocketListener#opened} does, else soon. */
    public void add(WebSocket socket) {
        if (!socket.inLoop()) {
            socket.execute(() -> add(socket));
        } else if (socket.isOpen()) {
            synchronized (shards) {
                shards.computeIfAbsent(Thread.currentThread(), thread -> new Shard())
                        .add(socket);
            }
        }
    }

    /** Removes a member. */
    public void remove(WebSocket socket) {
        synchronized (shards) {
            shards.values().removeIf(shard -> shard.remove(socket) && shard.size() == 0);
        }
    }

    /** Returns the number of members; of those that have closed, some may still be counted. */
    public int size() {
        return shards.values().stream().mapToInt(Shard::size).sum();
    }

    /** Returns how many times a message was handed to a member so far. */
    public long delivered() {
        return delivered.sum();
    }

    /** Returns how many times a member could not follow so far. */
    public long missed() {
        return missed.sum();
    }

    /** Sends a text to all members. */
    public void send(String text) {
        send(WebSocketMessage.text(text));
    }

    /** Sends a message to all members. Returns before it has been sent; messages of one thread keep their order. */
    public void send(WebSocketMessage message) {
        shards.forEach((owner, shard) -> {
            if (owner == Thread.currentThread()) {
                deliver(owner, shard, message);
            } else {
                post(owner, shard, () -> deliver(owner, shard, message));
            }
        });
    }

    private void post(Thread owner, Shard shard, Runnable task) {
        WebSocket[] members = shard.members();
        if (members.length == 0) {
            return;
        }
        try {
            members[0].execute(task);
        } catch (RejectedExecutionException e) {
            shards.remove(owner, shard); // its loop is closed, and all of its connections with it
        }
    }

    private void deliver(Thread owner, Shard shard, WebSocketMessage message) {
        boolean left = false;
        for (WebSocket member : shard.members()) {
            if (!member.isOpen()) {
                left |= shard.remove(member);
            } else if (member.inLoop()) {
                deliver(member, message);
            } else {
                hand(member, message);
            }
        }
        if (left) {
            synchronized (shards) {
                shards.computeIfPresent(owner, (thread, same) -> same.size() == 0 ? null : same);
            }
        }
    }

    // Where threads share connections, another one may own the member now.
    private void hand(WebSocket member, WebSocketMessage message) {
        try {
            member.execute(() -> deliver(member, message));
        } catch (RejectedExecutionException ignored) {
            // It has ended with its loop.
        }
    }

    private void deliver(WebSocket member, WebSocketMessage message) {
        if (policy == SlowConsumer.KEEP || member.pending() + message.bytes().length <= mostPending) {
            member.send(message);
            delivered.increment();
            return;
        }
        missed.increment();
        if (policy == SlowConsumer.CLOSE) {
            member.close(CloseCode.TRY_AGAIN_LATER, "too slow");
        }
    }
}

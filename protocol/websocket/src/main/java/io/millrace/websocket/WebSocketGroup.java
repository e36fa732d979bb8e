// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.MemberSet;
import io.millrace.core.SlowConsumer;
import java.time.Duration;
import java.util.Objects;
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

    private static final long STEP_MILLIS = 100;
    private static final int MOST_STEPS = 10_000;

    private final SlowConsumer policy;
    private final long mostPending;
    private final MemberSet<WebSocket> members = new MemberSet<>();
    private final LongAdder delivered = new LongAdder();
    private final LongAdder missed = new LongAdder();

    /**
     * Makes a group that closes members for which more than {@link #MOST_PENDING} bytes wait, with
     * {@link CloseCode#TRY_AGAIN_LATER}.
     */
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

    /** Adds a member: at once if its own thread calls, as {@link WebSocketListener#opened} does, else soon. */
    public void add(WebSocket socket) {
        members.add(socket);
    }

    /** Removes a member. */
    public void remove(WebSocket socket) {
        members.remove(socket);
    }

    /** Returns the number of members; of those that have closed since the last message, some may still be counted. */
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

    /** Sends a text to all members. */
    public void send(String text) {
        send(WebSocketMessage.text(text));
    }

    /** Sends a message to all members. Returns before it has been sent; messages of one thread keep their order. */
    public void send(WebSocketMessage message) {
        members.tell(member -> deliver(member, message));
    }

    /**
     * Closes all members with {@link CloseCode#GOING_AWAY}, those that join meanwhile included, a part of them every
     * tenth of a second: clients that all come back at the same moment would be too many for the servers that are left.
     * Waits for as long as that takes.
     *
     * @param over the time over which they are spread; zero for all at once
     * @throws InterruptedException if the thread is interrupted; those whose turn has not come stay open
     */
    public void closeAll(Duration over) throws InterruptedException {
        int steps = Math.clamp(over.toMillis() / STEP_MILLIS, 1, MOST_STEPS);
        for (int step = 0; step < steps; step++) {
            int due = step;
            members.tell(member -> {
                if (Math.floorMod(System.identityHashCode(member), steps) <= due) {
                    member.close(CloseCode.GOING_AWAY, "");
                }
            });
            if (step + 1 < steps) {
                Thread.sleep(over.dividedBy(steps));
            }
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

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.PushGroup;
import io.millrace.core.SlowConsumer;
import java.time.Duration;

/**
 * WebSockets that are sent the same messages. A message is framed and compressed once ({@link WebSocketMessage}); each
 * loop is given one task, however many members it has, and each member the same bytes. Any thread may call.
 *
 * <p>A member that has closed leaves by itself with the next message; {@link #remove} is for those that go on.
 */
public final class WebSocketGroup extends PushGroup<WebSocket, WebSocketMessage> {
    private static final long STEP_MILLIS = 100;
    private static final int MOST_STEPS = 10_000;

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
        super(policy, mostPending);
    }

    /** Sends a text to all members. */
    public void send(String text) {
        send(WebSocketMessage.text(text));
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
            tell(member -> {
                if (Math.floorMod(System.identityHashCode(member), steps) <= due) {
                    member.close(CloseCode.GOING_AWAY, "");
                }
            });
            if (step + 1 < steps) {
                Thread.sleep(over.dividedBy(steps));
            }
        }
    }

    @Override
    protected boolean offer(WebSocket member, WebSocketMessage message, long most) {
        if (member.pending() > most - message.bytes().length) {
            return false;
        }
        member.send(message);
        return true;
    }

    @Override
    protected void drop(WebSocket member) {
        member.close(CloseCode.TRY_AGAIN_LATER, "too slow");
    }
}

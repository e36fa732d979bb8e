// SPDX-License-Identifier: Apache-2.0
package io.millrace.sse;

import io.millrace.core.PushGroup;
import io.millrace.core.SlowConsumer;

/**
 * Event streams that are sent the same events. An event is encoded once; each loop is given one task, however many
 * members it has. Any thread may call. A stream that has ended leaves by itself with the next event.
 *
 * <p>Nothing else may write to a member but on its loop.
 */
public final class EventGroup extends PushGroup<EventStream, ServerSentEvent> {

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
        super(policy, mostPending);
    }

    @Override
    protected boolean offer(EventStream member, ServerSentEvent event, long most) {
        return member.offer(event, most);
    }

    @Override
    protected void drop(EventStream member) {
        member.abort();
    }
}

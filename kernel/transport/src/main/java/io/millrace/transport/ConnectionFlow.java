// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.link.FlowControl;
import io.millrace.link.FlowOwner;

/** What only a loop's connection can have beside {@link FlowControl}: a share of a group's limit, input that pours. */
final class ConnectionFlow extends FlowControl {
    /** A limit of rate that a connection shares with others: says how much may move now, and is told what has moved. */
    interface Limiter {

        /** Returns how many bytes may come in now; at 0 the connection is held up until it is granted more. */
        double mayReceive();

        /** Returns how many bytes may go out now; at 0 the connection is held up until it is granted more. */
        double maySend();

        /** So many bytes have come in. */
        void received(long count);

        /** So many bytes have gone out. */
        void sent(long count);

        /** The connection is under this limit no more. */
        void leave();
    }

    Limiter member;

    /** Where the input goes within the kernel, or {@code null}. */
    Splice splice;

    ConnectionFlow(FlowOwner owner) {
        super(owner);
    }

    /** Whether more input may be taken from the kernel. */
    @Override
    public boolean hasRoom() {
        // What has been received before must not be overtaken.
        return splice == null ? super.hasRoom() : splice.isEmpty() && kept() == 0;
    }

    /**
     * Whether input has to be fetched by calls that say how much, or where it goes: not by one that brings what there
     * is.
     */
    boolean byHand() {
        return splice != null || member != null || limitsInput();
    }

    @Override
    public int mayReceive(int space) {
        int most = super.mayReceive(space);
        return most == 0 || member == null ? most : (int) Math.min(most, member.mayReceive());
    }

    @Override
    public long maySend(long wanted) {
        long most = super.maySend(wanted);
        return most == 0 || member == null ? most : (long) Math.min(most, member.maySend());
    }

    @Override
    public void received(long count) {
        if (member != null) {
            member.received(count);
        }
        super.received(count);
    }

    @Override
    public void sent(long count) {
        if (member != null) {
            member.sent(count);
        }
        super.sent(count);
    }

    @Override
    public void reset() {
        super.reset();
        splice = null;
    }

    /** Has its share of a group's limit, and of one only. */
    void enter(Limiter next) {
        if (member != null) {
            member.leave();
        }
        member = next;
    }

    /** The connection has ended. */
    void release() {
        if (member != null) {
            member.leave();
            member = null;
        }
        splice = null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.TimeLimit;
import io.millrace.link.LinkFlow;
import io.millrace.poll.Interest;

/** The state of a {@link BlockingLink} in bits, what its socket is to be watched for, and its flow. */
abstract class BlockingFlow implements Link {
    /**
     * What {@link #interest} says when the socket has nothing more to tell and would report its end without a pause: it
     * is not to be watched at all.
     */
    public static final int NO_SOCKET = -1;

    // What the kernel said last.
    static final int READABLE = 1;
    static final int WRITABLE = 1 << 1;
    static final int HUNG_UP = 1 << 2;
    static final int ENDED = 1 << 3;
    static final int END_TO_TELL = 1 << 4;

    // What the protocol wants.
    static final int PAUSED = 1 << 5;
    static final int DIRTY = 1 << 6;
    static final int REDELIVER = 1 << 7;

    // Where we are.
    static final int OPENED = 1 << 8;
    static final int LINGERING = 1 << 9;
    static final int CLOSING = 1 << 10;
    static final int DEAD = 1 << 11;
    static final int STOPPING = 1 << 12;
    static final int ABORTING = 1 << 13;

    // What our own direction has come to, and what holds it up.
    /** Our direction is to be closed after what waits to be sent. */
    static final int FINISHING = 1 << 14;
    /** It is closed. */
    static final int FINISHED = 1 << 15;
    /** Both directions are closed: the socket reports that for ever, and nothing else. */
    static final int SILENT = 1 << 16;

    private int flags = WRITABLE;

    final LinkFlow flow = new LinkFlow(new Carrier(), System.nanoTime());

    final boolean is(int flag) {
        return (flags & flag) != 0;
    }

    final void set(int flag) {
        flags |= flag;
    }

    final void clear(int flag) {
        flags &= ~flag;
    }

    /** What was found on the socket: {@link Interest} bits. By the carrier, between two steps. */
    public void ready(int events) {
        if ((events & Interest.WRITE) != 0) {
            set(WRITABLE);
        }
        if ((events & Interest.READ) != 0) {
            set(READABLE);
        }
        if ((events & (Interest.ERROR | Interest.HANGUP)) != 0) {
            hungUp(events);
        }
    }

    private void hungUp(int events) {
        if (is(FINISHED) && (events & Interest.ERROR) == 0) {
            // Both have closed their direction, in good order.
            set(is(ENDED) ? SILENT : SILENT | READABLE);
        } else {
            set(READABLE | WRITABLE | HUNG_UP);
        }
    }

    /** What the link waits for: READ, WRITE, both or none, {@link #NO_SOCKET}. By the carrier, between two steps. */
    public int interest() {
        if (is(SILENT)) {
            return NO_SOCKET;
        }
        boolean read = wantsInput() && flow.mayReceive() && !is(ENDED);
        boolean write = isBlocked();
        return (read ? Interest.READ : 0) | (write ? Interest.WRITE : 0);
    }

    /** Whether the socket lets a step get anywhere now. */
    final boolean hasIo() {
        return (is(DIRTY) && is(WRITABLE) && !is(CLOSING) && !flow.isOutputHeld())
                || (is(READABLE | REDELIVER | END_TO_TELL)
                        && wantsInput()
                        && (is(REDELIVER | END_TO_TELL) || flow.mayReceive()))
                || is(HUNG_UP);
    }

    // ---- what the link tells ----

    abstract boolean wantsInput();

    /** Bytes of input that the protocol has left. */
    abstract int kept();

    /** A time limit has passed. */
    abstract void late(TimeLimit which);

    // ---- what may move, and what has ----

    /** How many bytes to receive by one call into room for {@code space}; 0 if a rate says to wait. */
    final int portion(int space) {
        int most = flow.mayReceive(space);
        // Of a peer that has gone the poll would report the end without a pause.
        return most == 0 && is(HUNG_UP) ? flow.mayReceiveLast(space) : most;
    }

    /** Whether the protocol wants to see so many bytes, or to wait for more. */
    final boolean isEnough(int readable) {
        return readable >= flow.inputLow() || is(ENDED);
    }

    /** Whether output waits that the socket has no room for. */
    final boolean isBlocked() {
        return pending() > 0 && !is(WRITABLE) && !flow.isOutputHeld();
    }

    @Override
    public final Flow flow() {
        return flow;
    }

    /** The link as its flow sees it: whoever serves it asks for the next time before each sleep. */
    private final class Carrier implements LinkFlow.Carrier {
        @Override
        public long now() {
            return BlockingFlow.this.now();
        }

        @Override
        public int kept() {
            return BlockingFlow.this.kept();
        }

        @Override
        public boolean isOver() {
            assert inLoop();
            return is(LINGERING | CLOSING | DEAD);
        }

        @Override
        public boolean isInputOff() {
            return is(PAUSED | ENDED);
        }

        @Override
        public boolean isInputWaiting() {
            return !wantsInput();
        }

        @Override
        public boolean isOutputWaiting() {
            return pending() > 0 && !is(WRITABLE);
        }

        @Override
        public void offerAgain() {
            set(REDELIVER);
        }

        @Override
        public void timedOut(TimeLimit which) {
            BlockingFlow.this.late(which);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Protocol;
import io.millrace.sys.Errno;

/** What comes to a {@link BlockingLink}: receives it, shows it to the protocol and keeps what that leaves. */
abstract class BlockingInput extends BlockingOutput {

    BlockingInput(SocketIo socketIo, Protocol protocol, HeapLimit heap) {
        super(socketIo, protocol, heap);
    }

    final long read(long most) {
        long left = most;
        while (left > 0 && wantsInput()) {
            if (is(REDELIVER)) {
                left -= offer();
            } else if (is(END_TO_TELL)) {
                clear(END_TO_TELL);
                protocol.inputClosed(this);
            } else if (is(READABLE) && (flow.mayReceive() || is(HUNG_UP))) {
                left -= receive();
            } else {
                break;
            }
        }
        // Gone in both directions while nothing is read: no call would ever find out.
        if (is(HUNG_UP) && !wantsInput()) {
            doom(CloseCause.RESET);
        }
        return left;
    }

    @Override
    final boolean wantsInput() {
        if (is(LINGERING)) {
            return !is(CLOSING);
        }
        return !is(PAUSED | CLOSING | DEAD) && closing == null && pending() < high();
    }

    /** Shows the protocol once more what it left, without new bytes. */
    private int offer() {
        clear(REDELIVER);
        Buffer left = in;
        if (left != null && isEnough(left.readable())) {
            protocol.receive(left, this);
            if (left.isEmpty() && in == left) {
                in = null;
            }
        }
        return 4096;
    }

    private int receive() {
        Buffer into = lend();
        int space = portion(heap.isShort() ? Math.min(into.writable(), HeapLimit.LITTLE) : into.writable());
        if (space <= 0) {
            threadBuffers.lent.clear();
            return 0;
        }
        int n = socketIo.receive(into.array(), into.tail(), space);
        if (n > 0) {
            into.wrote(n);
            moved = true;
            flow.received(n);
            // Less than there was room for: nothing more is there (a hang-up excepted), and the next wait will tell.
            if (n < space && !is(HUNG_UP | SILENT)) {
                clear(READABLE);
            }
            deliver(into);
            return n;
        }
        threadBuffers.lent.clear();
        if (n == 0) {
            endRead();
        } else if (n == -Errno.EAGAIN) {
            clear(READABLE | HUNG_UP);
        } else if (n != -Errno.EINTR) {
            doom(Causes.of(n));
        }
        return 0;
    }

    private void endRead() {
        clear(READABLE);
        if (is(ENDED) && is(HUNG_UP)) {
            doom(CloseCause.RESET);
        } else if (!is(ENDED)) {
            moved = true;
            // What was too little to be shown is all there will ever be.
            set(flow.inputLow() <= 1 ? ENDED | END_TO_TELL : ENDED | END_TO_TELL | REDELIVER);
            if (is(LINGERING)) {
                doom(CloseCause.LOCAL);
            }
        }
        clear(HUNG_UP);
    }

    private Buffer lend() {
        Buffer lent = threadBuffers.lent;
        if (in == null) {
            return lent;
        }
        if (in.readable() <= lent.capacity() / 2) {
            lent.append(in);
            return lent;
        }
        in.reserve(lent.capacity());
        return in;
    }

    private void deliver(Buffer from) {
        try {
            if (is(LINGERING)) {
                from.clear();
            } else {
                if (isEnough(from.readable())) {
                    protocol.receive(from, this);
                }
                keep(from);
            }
        } finally {
            threadBuffers.lent.clear();
        }
    }

    /** What the protocol left moves out of the lent buffer into one of the link's own, just large enough. */
    private void keep(Buffer from) {
        if (from.isEmpty()) {
            in = null;
        } else if (from != in) {
            if (in == null) {
                in = new Buffer(ReceiveBuffer.justEnough(from.readable()));
            }
            in.clear();
            in.append(from);
        }
    }

    @Override
    final int kept() {
        return in == null ? 0 : in.readable();
    }

    @Override
    public final void pause(boolean on) {
        assert inLoop();
        if (on) {
            set(PAUSED);
        } else {
            clear(PAUSED);
            set(REDELIVER);
            flow.resumed();
        }
    }

    @Override
    public final void switchProtocol(Protocol next) {
        assert inLoop();
        if (is(CLOSING | DEAD)) {
            return;
        }
        protocol = next;
        // What the old one has been told and what it left, the next one has still to hear.
        set(REDELIVER);
        if (is(ENDED)) {
            set(END_TO_TELL);
        }
        if (closing == null) {
            // What the old one has set for itself is not for the next one.
            deadline = NEVER;
            flow.reset();
        }
        next.opened(this);
    }
}

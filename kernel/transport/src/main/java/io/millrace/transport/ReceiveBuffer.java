// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;

/**
 * Where all input of a loop arrives: one buffer, lent to one connection at a time for the length of one call of its
 * protocol. What the protocol leaves moves into a buffer of the connection's own, just large enough, so that an idle
 * connection holds none.
 */
final class ReceiveBuffer {
    private final int size;
    private final Buffer lent;

    ReceiveBuffer(int size) {
        this.size = size;
        this.lent = new Buffer(size);
    }

    /** The lent buffer with what the connection left unconsumed in front; a connection that left much gets its own. */
    Buffer lend(Connection c) {
        if (c.in == null) {
            return lent;
        }
        if (c.in.readable() <= size / 2) {
            lent.append(c.in);
            return lent;
        }
        c.in.reserve(size / 2);
        return c.in;
    }

    /** Shows the protocol what has arrived behind what it left. */
    void deliver(Connection c, Buffer in) {
        if (c.is(Connection.LINGERING)) {
            in.clear();
            return;
        }
        if (c.isEnough(in.readable())) {
            c.received(in);
        }
        keep(c, in);
    }

    /** What the protocol left moves out of the lent buffer into one of the connection's own. */
    private void keep(Connection c, Buffer in) {
        if (in.isEmpty()) {
            c.in = null;
        } else if (in != c.in) {
            if (c.in == null) {
                c.in = new Buffer(justEnough(in.readable()));
            }
            c.in.clear();
            c.in.append(in);
        }
        lent.clear();
    }

    /** The capacity of a buffer for so many bytes that wait for more: with room for some, and not for as many again. */
    static int justEnough(int readable) {
        return readable < 1024 ? Math.max(64, Integer.highestOneBit(readable - 1) << 1) : (readable | 1023) + 1;
    }

    /** Shows the protocol once more what it left, without new bytes. */
    void offer(Connection c) {
        c.clear(Connection.REDELIVER);
        Buffer left = c.in;
        if (left != null && c.isEnough(left.readable())) {
            c.received(left);
            if (left.isEmpty() && c.in == left) {
                c.in = null;
            }
        }
    }

    /** The lent buffer, empty: for bytes that go nowhere else, such as part of a file on its way. */
    Buffer scratch() {
        lent.clear();
        return lent;
    }
}

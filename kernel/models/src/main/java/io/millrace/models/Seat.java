// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.sys.SysException;
import io.millrace.transport.Bell;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * What a thread needs to serve one connection after the other: a bell and a factory. Taken from a stack and put back,
 * so that there are as many as threads were ever busy at once.
 *
 * @param bell what wakes the thread
 * @param factory makes the protocols
 */
record Seat(Bell bell, ProtocolFactory factory) {

    /** A new seat at a gate; {@code null} if no factory can be made for it. */
    static Seat at(Gate gate) throws SysException {
        ProtocolFactory factory = Servers.factory(gate.protocols);
        return factory == null ? null : new Seat(Bell.open(gate.kernel), factory);
    }

    /** The seats of one gate that nobody sits on. */
    static final class Stack implements AutoCloseable {
        private final ConcurrentLinkedDeque<Seat> free = new ConcurrentLinkedDeque<>();
        private final Gate gate;
        private volatile boolean closed;

        Stack(Gate gate) {
            this.gate = gate;
        }

        /** A free seat, or a new one; {@code null} if no factory can be made for that. */
        Seat take() throws SysException {
            Seat seat = free.pollLast();
            return seat != null ? seat : at(gate);
        }

        void give(Seat seat) {
            free.addLast(seat);
            if (closed) {
                close();
            }
        }

        /** Closes the bells of those that are free; of those that are taken when they come back. */
        @Override
        public void close() {
            closed = true;
            for (Seat seat = free.pollLast(); seat != null; seat = free.pollLast()) {
                seat.bell.close();
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.sys.SysException;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a thread needs to serve one connection after the other: a wake-up channel and a factory. Taken from a stack and
 * put back, so that there are as many as threads were ever busy at once.
 *
 * @param wakeupChannel what wakes the thread
 * @param factory makes the protocols
 */
record WorkerContext(WakeupChannel wakeupChannel, ProtocolFactory factory) {

    /** A new seat at a gate; {@code null} if no factory can be made for it. */
    static @Nullable WorkerContext at(BlockingAcceptor acceptor) throws SysException {
        ProtocolFactory factory = Servers.factory(acceptor.protocols);
        return factory == null ? null : new WorkerContext(WakeupChannel.open(acceptor.kernel), factory);
    }

    /** The places of one listening socket that are free. */
    static final class Stack implements AutoCloseable {
        private final ConcurrentLinkedDeque<WorkerContext> free = new ConcurrentLinkedDeque<>();
        private final BlockingAcceptor acceptor;
        private volatile boolean closed;

        Stack(BlockingAcceptor acceptor) {
            this.acceptor = acceptor;
        }

        /** A free seat, or a new one; {@code null} if no factory can be made for that. */
        @Nullable
        WorkerContext take() throws SysException {
            WorkerContext context = free.pollLast();
            return context != null ? context : at(acceptor);
        }

        void give(WorkerContext context) {
            free.addLast(context);
            if (closed) {
                close();
            }
        }

        /** Closes the bells of those that are free; of those that are taken when they come back. */
        @Override
        public void close() {
            closed = true;
            for (WorkerContext context = free.pollLast(); context != null; context = free.pollLast()) {
                context.wakeupChannel.close();
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import io.millrace.link.FlowControl;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;

/**
 * How a {@link Connection} calls its protocol: what has happened becomes a call, whatever that throws ends the
 * connection and no other. A superclass and no object of its own, for an idle connection is to stay small.
 */
abstract class ConnectionProtocol extends ConnectionLink {
    /** How long the rest of a lingering peer's input is read and dropped. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    Protocol protocol;

    ConnectionProtocol(EventLoop loop) {
        super(loop);
    }

    /** Gives up what was agreed upon beyond the usual. */
    abstract void dropFlow();

    /** The connection stands. */
    void opened(Protocol first) {
        protocol = first;
        guarded(() -> first.opened(this));
    }

    @Override
    final long heldByProtocol() {
        return protocol == null || is(DEAD) ? 0 : protocol.heldBytes();
    }

    /** Whether the protocol wants to see so many bytes, or to wait for more. */
    boolean isEnough(int readable) {
        FlowControl flow = agreed();
        return flow == null || readable >= flow.inputLow() || is(ENDED);
    }

    /** Bytes are in the buffer: the protocol takes what it wants of it. */
    void received(Buffer buffer) {
        try {
            protocol.receive(buffer, this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    /** The end of the input has been read. */
    void endRead() {
        set(ENDED);
        if (is(LINGERING)) {
            failLater(CloseCause.LOCAL);
        } else {
            // What was too little to be shown is all there will ever be.
            set(agreed() == null ? END_TO_TELL : END_TO_TELL | REDELIVER);
        }
    }

    /** The peer sends nothing more. */
    void inputClosed() {
        clear(END_TO_TELL);
        guarded(() -> protocol.inputClosed(this));
    }

    /** All output has left: the protocol may go on, or the end has come. */
    void drained() {
        throttled();
        if (is(FINISHING) && !is(FINISHED)) {
            set(FINISHED);
            loop.kernel().shutdown(fd);
        }
        if (closing == CloseMode.FLUSHED) {
            failLater(CloseCause.LOCAL);
        } else if (closing == CloseMode.LINGERING) {
            linger();
        } else {
            callDrained();
        }
    }

    private void callDrained() {
        try {
            protocol.drained(this);
        } catch (Throwable t) {
            failed(t);
        }
    }

    private void linger() {
        if (is(ENDED)) {
            failLater(CloseCause.LOCAL);
            return;
        }
        if (!is(FINISHED)) {
            loop.kernel().shutdown(fd);
        }
        dropFlow();
        set(LINGERING | READABLE);
        in = null;
        deadline(loop.now() + LINGER_NANOS);
    }

    /** Some output has left and some has not: tells a producer when it has become little enough. */
    void lowered() {
        FlowControl flow = agreed();
        if (flow != null && closing == null && flow.fellToLow(pending())) {
            callDrained();
        }
    }

    @Override
    void stalled() {
        failLater(CloseCause.STALLED);
    }

    /** A time limit has passed. */
    @Override
    public void timedOut(TimeLimit which) {
        if (closing == null && !is(CLOSING)) {
            guarded(() -> protocol.timedOut(this, which));
        }
    }

    @Override
    void expired() {
        if (is(LINGERING)) {
            failLater(CloseCause.LOCAL);
        } else {
            guarded(() -> protocol.expired(this));
        }
    }

    /** Calls the protocol, where that is seldom enough for a lambda: what it throws ends the connection. */
    final void guarded(Runnable call) {
        try {
            call.run();
        } catch (Throwable t) {
            failed(t);
        }
    }

    /** Whatever the protocol or a timer throws ends the connection, and no other. */
    @Override
    protected void failed(Throwable thrown) {
        if (is(DEAD)) {
            Log.failure("a task of a connection that has ended threw", thrown);
            return;
        }
        failLater(CloseCause.FAILED);
        if (thrown instanceof OutOfMemoryError) {
            forget();
        }
        touched();
        try {
            Log.failure("a protocol failed on the connection from ", peer(), "", thrown);
        } catch (Throwable t) {
            // Not even to find out whose it is.
        }
    }

    /** The server is shutting down. */
    void stopping() {
        if (closing == null && !is(CLOSING | DEAD)) {
            guarded(() -> protocol.shuttingDown(this));
            touched();
        }
    }

    @Override
    public void switchProtocol(Protocol next) {
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
            forgetLimits();
        }
        touched();
        guarded(() -> next.opened(this));
    }

    /** What a protocol has set for itself is not for the next one. */
    private void forgetLimits() {
        forgetTimes();
        FlowControl flow = agreed();
        if (flow != null) {
            flow.reset();
        }
    }
}

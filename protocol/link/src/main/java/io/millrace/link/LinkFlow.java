// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.TimeLimit;

/**
 * The flow of one link: what has moved, what was agreed upon, what a rate holds up, how long the peer takes nothing.
 * The link asks it before it moves bytes, tells it afterwards, and calls {@link #expire} when {@link #due}. The flow
 * control is made when something is agreed upon for the first time. Only the owner thread calls; times are nanoseconds
 * of the owner's clock.
 */
public class LinkFlow implements ControlledFlow {
    /** The high mark of the output where none was agreed upon, in bytes. */
    public static final long USUAL_HIGH = 256 * 1024;

    private static final long NEVER = Link.NEVER;

    /** What a flow needs to know of its link, and what it asks of it. */
    public interface Carrier {

        /** Returns the link's time in nanoseconds. */
        long now();

        /** Returns the number of bytes of input that the protocol has left unconsumed. */
        int kept();

        /** Returns whether the link is at its end, so that nothing more can be agreed upon. */
        boolean isOver();

        /** Returns whether no input is awaited: the protocol has paused it, or its end has been read. */
        boolean isInputOff();

        /** Returns whether the link keeps the peer's input waiting, for another reason than a rate. */
        boolean isInputWaiting();

        /** Returns whether output waits that the peer does not take. */
        boolean isOutputWaiting();

        /** The marks of the input have changed: the link shows the protocol again what it has left. */
        void offerAgain();

        /** Tells the protocol that a time limit has passed. */
        void timedOut(TimeLimit which);

        /** A rate lets input come in again. */
        default void inputReleased() {}

        /** A rate lets output leave again. */
        default void outputReleased() {}

        /** Something has been agreed upon: the link looks again at what may move. */
        default void agreementChanged() {}

        /** Sees to it that {@link LinkFlow#expire} is called at {@link LinkFlow#due} at the latest. */
        default void arm() {}
    }

    private final Carrier link;
    private final long since;
    private FlowControl control;
    private long usualHigh = USUAL_HIGH;
    private boolean inputHeld;
    private boolean outputHeld;
    private long writeTimeout = NEVER;
    private long stallAt = NEVER;
    private long bytesIn;
    private long bytesOut;
    private long lastIn;
    private long lastOut;

    /** Makes the flow of a link that begins at {@code now}, for which nothing has been agreed upon yet. */
    public LinkFlow(Carrier link, long now) {
        this.link = link;
        this.since = now;
        this.lastIn = now;
        this.lastOut = now;
    }

    // ---- what may move

    /** Returns whether neither a rate nor the high mark of the input says to leave input where it is. */
    public final boolean mayReceive() {
        return control == null || (!inputHeld && control.hasRoom());
    }

    /** Returns how many of {@code offered} bytes may be received now; 0 if the peer has to wait. */
    public final int mayReceive(int offered) {
        if (control == null || offered == 0) {
            return offered;
        }
        return mayReceive() ? Math.max(0, control.mayReceive(offered)) : 0;
    }

    /** Returns how many of {@code offered} bytes may be received from a peer that has gone: a rate holds up none. */
    public final int mayReceiveLast(int offered) {
        inputHeld = false;
        return control == null ? offered : Math.max(0, control.portion(offered));
    }

    /** Returns how many of {@code wanted} bytes may be sent now; 0 if a rate says to wait. */
    public final long maySend(long wanted) {
        if (control == null || wanted == 0) {
            return wanted;
        }
        return outputHeld ? 0 : control.maySend(wanted);
    }

    /** Returns whether a rate lets no output leave for now. */
    public final boolean isOutputHeld() {
        return outputHeld;
    }

    /** Returns how many bytes of input the protocol wants to see at once, unless the peer has ended. */
    public final int inputLow() {
        return control == null ? 1 : control.inputLow();
    }

    /** Returns the high mark of the input, in bytes. */
    public final int inputHigh() {
        return control == null ? Integer.MAX_VALUE : control.inputHigh();
    }

    /** Returns the high mark of the output, in bytes. */
    public final long outputHigh() {
        return control == null ? usualHigh : control.outputHigh();
    }

    // ---- what has moved

    /** Bytes have come in. */
    public final void received(long count) {
        bytesIn += count;
        lastIn = link.now();
        if (control != null) {
            control.received(count);
        }
    }

    /** Bytes have left. */
    public final void sent(long count) {
        bytesOut += count;
        lastOut = link.now();
        stallAt = NEVER;
        if (control != null) {
            control.sent(count);
        }
    }

    /** Output waits: for the peer, unless a rate holds it up. */
    public final void blocked() {
        if (outputHeld) {
            stallAt = NEVER;
            return;
        }
        if (stallAt == NEVER) {
            stallAt = later(link.now(), writeTimeout);
        }
        if (control != null) {
            control.blocked();
        }
    }

    /** No output waits any more. */
    public final void unblocked() {
        stallAt = NEVER;
    }

    /** So many bytes are to be sent. */
    public final void flushed(long pending) {
        if (control != null) {
            control.flushed(pending);
        }
    }

    /** Returns whether a producer is to be called, as what waits has fallen to the low mark. */
    public final boolean fellToLow(long pending) {
        return control != null && control.fellToLow(pending);
    }

    /** Input that was paused is wanted again. */
    public final void resumed() {
        if (control != null) {
            control.resumed();
        }
    }

    // ---- time, and the end

    /** Returns when something here is due, {@link Link#NEVER} for nothing. */
    public final long due() {
        return control == null ? stallAt : Math.min(stallAt, control.next());
    }

    /** Returns whether the peer has taken nothing for as long as it may. */
    public final boolean isStalled(long now) {
        return stallAt <= now;
    }

    /** Does what is due, but for a stalled peer: that ends the link. */
    public final void expire(long now) {
        if (control != null) {
            control.expire(now);
        }
    }

    /** Another protocol takes over: what this one has set for itself goes. */
    public void reset() {
        writeTimeout = NEVER;
        stallAt = NEVER;
        if (control != null) {
            control.reset();
        }
    }

    /** The link ends: nothing that was agreed upon holds any more. */
    public final void end() {
        control = null;
        inputHeld = false;
        outputHeld = false;
        stallAt = NEVER;
    }

    /** Sets the high mark of the output for links for which none was agreed upon, in bytes. */
    public final void usualHigh(long bytes) {
        usualHigh = bytes;
    }

    /** Returns how long the peer may take nothing, in nanoseconds; {@link Link#NEVER} without limit. */
    public final long writeTimeout() {
        return writeTimeout;
    }

    private static long later(long from, long nanos) {
        long at = from + nanos;
        return at < from ? NEVER : at;
    }

    // ---- what the protocol says

    @Override
    public void writeTimeout(long nanos) {
        if (link.isOver()) {
            return;
        }
        writeTimeout = nanos;
        stallAt = isBlocked() ? later(link.now(), nanos) : NEVER;
        link.arm();
    }

    @Override
    public LinkStats stats() {
        return new LinkStats(bytesIn, bytesOut, since, lastIn, lastOut);
    }

    @Override
    public final FlowControl control() {
        if (control == null) {
            control = new FlowControl(this);
        }
        return control;
    }

    @Override
    public final boolean isOver() {
        return link.isOver();
    }

    @Override
    public final void agreementChanged() {
        link.agreementChanged();
    }

    @Override
    public final void offerAgain() {
        link.offerAgain();
    }

    // ---- what the flow control asks

    @Override
    public final long now() {
        return link.now();
    }

    @Override
    public final int kept() {
        return link.kept();
    }

    @Override
    public final long usualHigh() {
        return usualHigh;
    }

    @Override
    public final void holdInput(boolean on) {
        inputHeld = on;
        if (!on) {
            link.inputReleased();
        }
    }

    @Override
    public final void holdOutput(boolean on) {
        outputHeld = on;
        if (!on) {
            link.outputReleased();
        }
    }

    @Override
    public final boolean isInputOff() {
        return link.isInputOff();
    }

    @Override
    public final boolean isInputHeld() {
        return inputHeld || link.isInputWaiting();
    }

    @Override
    public final boolean isBlocked() {
        return !outputHeld && link.isOutputWaiting();
    }

    @Override
    public final long lastIn() {
        return lastIn;
    }

    @Override
    public final long lastOut() {
        return lastOut;
    }

    @Override
    public final void arm() {
        link.arm();
    }

    @Override
    public final void timedOut(TimeLimit which) {
        link.timedOut(which);
    }
}

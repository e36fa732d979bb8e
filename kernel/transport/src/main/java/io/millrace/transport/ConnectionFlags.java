// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.loop.Source;
import io.millrace.socket.Kernel;

/**
 * What is known of a connection in bits: what the kernel said, what the protocol wants, how far it has come; and what
 * has moved.
 */
abstract class ConnectionFlags extends Source {
    // What the kernel said last.
    static final int READABLE = 1;
    static final int WRITABLE = 1 << 1;
    /** An end or an error was reported: read until the kernel shows it. */
    static final int HUNG_UP = 1 << 2;
    /** The end of the input has been read. */
    static final int ENDED = 1 << 3;
    /** It has been read and the protocol has not been told: it paused, or it is a new one. */
    static final int END_TO_TELL = 1 << 13;

    // What the protocol wants.
    static final int PAUSED = 1 << 4;
    /** There is output to send, or an end to come to. */
    static final int DIRTY = 1 << 5;
    /** Unconsumed input, if there is any, is to be offered once more. */
    static final int REDELIVER = 1 << 6;

    // Where we are.
    /** The driver is serving this connection just now and looks at the flags before it leaves. */
    static final int BUSY = 1 << 7;

    static final int DIRTY_QUEUED = 1 << 8;
    static final int REQUEUED = 1 << 9;
    static final int LINGERING = 1 << 10;
    static final int CLOSING = 1 << 11;
    static final int DEAD = 1 << 12;

    // What our own direction has come to, and what holds it up.
    /** Our direction is to be closed after what waits to be sent. */
    static final int FINISHING = 1 << 14;
    /** It is closed. */
    static final int FINISHED = 1 << 15;
    /** The end is to be a reset. */
    static final int ABORTING = 1 << 16;
    /** A limit of rate lets no more come in, or go out, for now. */
    static final int HELD_IN = 1 << 17;

    static final int HELD_OUT = 1 << 18;
    /** Its output waits for the peer to read. */
    static final int BACKLOGGED = 1 << 19;
    /** The kernel has been told to keep little of it. */
    static final int LOWAT_SET = 1 << 20;
    /** The socket came from elsewhere, and others may have it, too: it blocks when they want it to. */
    static final int SHARED = 1 << 30;

    private int flags = WRITABLE;

    private long bytesIn;
    private long bytesOut;
    private long since;
    private long lastIn;
    private long lastOut;

    final boolean is(int flag) {
        return (flags & flag) != 0;
    }

    final void set(int flag) {
        flags |= flag;
    }

    final void clear(int flag) {
        flags &= ~flag;
    }

    /** For {@link HeapTrimmer.Holder}. */
    public final boolean isBusy() {
        return is(BUSY);
    }

    /**
     * Belongs before calls that would wait for a socket that blocks: a process that shares this one may have made it
     * so.
     */
    final void unblock(Kernel kernel) {
        if (is(SHARED)) {
            kernel.unblock(fd);
        }
    }

    /** For {@link io.millrace.link.FlowOwner}. */
    public final void holdInput(boolean on) {
        flags = on ? flags | HELD_IN : flags & ~HELD_IN;
    }

    /** For {@link io.millrace.link.FlowOwner}. */
    public final void holdOutput(boolean on) {
        flags = on ? flags | HELD_OUT : flags & ~HELD_OUT;
    }

    /** For {@link io.millrace.link.FlowOwner}. */
    public final boolean isInputOff() {
        return is(PAUSED | ENDED);
    }

    /** For {@link io.millrace.link.FlowOwner}. */
    public final boolean isInputHeld() {
        return is(HELD_IN) || !wantsInput();
    }

    /** Whether the protocol may be given input, or told of its end. */
    abstract boolean wantsInput();

    // ---- what has moved ----

    final void begin(long now) {
        since = now;
        lastIn = now;
        lastOut = now;
    }

    final void hasReceived(long count, long now) {
        bytesIn += count;
        lastIn = now;
    }

    final void hasSent(long count, long now) {
        bytesOut += count;
        lastOut = now;
    }

    /** For {@link io.millrace.link.FlowOwner}. */
    public final long lastIn() {
        return lastIn;
    }

    /** For {@link io.millrace.link.FlowOwner}. */
    public final long lastOut() {
        return lastOut;
    }

    /** For {@link Link}. */
    public final LinkStats stats() {
        return new LinkStats(bytesIn, bytesOut, since, lastIn, lastOut);
    }

    /** {@code nanos} after {@code now}, {@link Link#NEVER} beyond the end of time. */
    static long later(long now, long nanos) {
        long at = now + nanos;
        return at < now ? Link.NEVER : at;
    }
}

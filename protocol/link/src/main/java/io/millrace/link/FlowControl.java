// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Link;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;

/**
 * The flow control of one link: marks, portions, rates, time limits. A carrier makes one when something is agreed upon
 * for the first time, asks it before it moves bytes, tells it afterwards how many moved, and calls {@link #expire} when
 * {@link #next} is due. Most links have none and pay a comparison with {@code null}. Only the owner thread calls; times
 * are nanoseconds of the owner's clock.
 */
public class FlowControl {
    private static final long NEVER = Link.NEVER;

    private final FlowOwner owner;

    private int inputLow = 1;
    private int inputHigh = Integer.MAX_VALUE;
    private long outputLow;
    private long outputHigh;

    /** What waits has been above the low mark, and the producer has not been called since. */
    private boolean aboveLow;

    private int mostRead = Integer.MAX_VALUE;
    private int mostWritten = Integer.MAX_VALUE;

    private TokenBucket in;
    private TokenBucket out;

    /** When what the link's own rate holds up goes on. */
    private long inAt = NEVER;

    private long outAt = NEVER;

    private long readLimit = NEVER;
    private long writeLimit = NEVER;
    private long idleLimit = NEVER;

    /** When to look next whether a limit has passed. */
    private long readAt = NEVER;

    private long writeAt = NEVER;
    private long idleAt = NEVER;

    /** The peer's taking nothing has been told, and it has taken nothing since. */
    private boolean writeTold;

    /** Since when input has been wanted, output been blocked. */
    private long readSince;

    private long writeSince;
    private long idleSince;

    /** Makes the flow control of a link for which nothing has been agreed upon yet. */
    public FlowControl(FlowOwner owner) {
        this.owner = owner;
        this.outputHigh = owner.usualHigh();
    }

    /**
     * Checks marks of the output.
     *
     * @throws IllegalArgumentException unless {@code 0 <= low < high}
     */
    public static void checkOutputMarks(long low, long high) {
        check(low >= 0 && high > low, "marks", low, high);
    }

    /**
     * Checks marks of the input.
     *
     * @throws IllegalArgumentException unless {@code 0 <= low <= high} and {@code high} is positive
     */
    public static void checkInputMarks(int low, int high) {
        check(low >= 0 && high >= Math.max(1, low), "marks", low, high);
    }

    /**
     * Checks portions.
     *
     * @throws IllegalArgumentException unless both are positive
     */
    public static void checkPortions(int read, int write) {
        check(read > 0 && write > 0, "portions", read, write);
    }

    private static void check(boolean right, String what, long one, long other) {
        if (!right) {
            throw new IllegalArgumentException(what + " of " + one + " and " + other + " bytes");
        }
    }

    // ---- how much may move ----

    /** Returns whether fewer bytes lie unconsumed than the high mark of the input allows. */
    public boolean hasRoom() {
        return owner.kept() < inputHigh;
    }

    /** Returns the number of bytes of input that the protocol has left unconsumed. */
    protected final int kept() {
        return owner.kept();
    }

    /** Returns whether there is a limit on how much input is taken at once. */
    public final boolean limitsInput() {
        return in != null || mostRead != Integer.MAX_VALUE || inputHigh != Integer.MAX_VALUE;
    }

    /** Returns how many bytes may be received at once into room for {@code space}, the rate aside. */
    public final int portion(int space) {
        return Math.min(Math.min(space, mostRead), inputHigh - owner.kept());
    }

    /**
     * Returns how many bytes may be received now, into room for {@code space}; at 0 the link is held up until there may
     * be more.
     */
    public int mayReceive(int space) {
        double most = portion(space);
        if (in != null) {
            most = Math.min(most, in.fill(owner.now()));
            if (most < 1) {
                inAt = in.when(in.piece());
                owner.holdInput(true);
                owner.arm();
                return 0;
            }
        }
        return (int) most;
    }

    /** Returns how many of {@code wanted} bytes may be sent now; at 0 the link is held up until there may be more. */
    public long maySend(long wanted) {
        double most = Math.min(wanted, mostWritten);
        if (out != null) {
            most = Math.min(most, out.fill(owner.now()));
            if (most < 1) {
                outAt = out.when(out.piece());
                owner.holdOutput(true);
                owner.arm();
                return 0;
            }
        }
        return (long) most;
    }

    /** Bytes have come in. */
    public void received(long count) {
        if (in != null) {
            in.take(count);
        }
        if (readLimit != NEVER && readAt == NEVER) {
            look(TimeLimit.READ);
        }
        moved();
    }

    /** Bytes have left. */
    public void sent(long count) {
        if (out != null) {
            out.take(count);
        }
        writeTold = false;
        moved();
    }

    private void moved() {
        if (idleLimit != NEVER && idleAt == NEVER) {
            look(TimeLimit.IDLE);
        }
    }

    // ---- what is agreed upon ----

    /** Begins new rates, with full bursts. */
    public void rate(RateLimit rate) {
        long now = owner.now();
        in = rate.in() == RateLimit.UNLIMITED ? null : new TokenBucket(rate.in(), rate.inBurst(), now);
        out = rate.out() == RateLimit.UNLIMITED ? null : new TokenBucket(rate.out(), rate.outBurst(), now);
        inAt = NEVER;
        outAt = NEVER;
        owner.holdInput(false);
        owner.holdOutput(false);
    }

    /** Limits how many bytes one call reads and writes. */
    public void maxPerCall(int read, int write) {
        mostRead = read;
        mostWritten = write;
    }

    /** Sets the marks of the output. */
    public void writeWatermarks(long low, long high) {
        outputLow = low;
        outputHigh = high;
    }

    /** Sets the marks of the input. */
    public void readWatermarks(int low, int high) {
        inputLow = low;
        inputHigh = high;
    }

    /** Returns the low mark of the input, in bytes. */
    public int inputLow() {
        return inputLow;
    }

    /** Returns the high mark of the input, in bytes. */
    public int inputHigh() {
        return inputHigh;
    }

    /** Returns the high mark of the output, in bytes. */
    public long outputHigh() {
        return outputHigh;
    }

    /** Begins a time limit of {@code nanos}. */
    public void limit(TimeLimit which, long nanos) {
        switch (which) {
            case READ -> readLimit = nanos;
            case WRITE -> writeLimit = nanos;
            case IDLE -> idleLimit = nanos;
        }
        look(which);
    }

    /** Another protocol takes over: what this one has set for itself goes; rates and portions stay. */
    public void reset() {
        inputLow = 1;
        inputHigh = Integer.MAX_VALUE;
        outputLow = 0;
        outputHigh = owner.usualHigh();
        aboveLow = false;
        readLimit = NEVER;
        writeLimit = NEVER;
        idleLimit = NEVER;
        readAt = NEVER;
        writeAt = NEVER;
        idleAt = NEVER;
        writeTold = false;
    }

    // ---- time ----

    /** Begins a limit anew. */
    private void look(TimeLimit which) {
        long now = owner.now();
        switch (which) {
            case READ -> {
                readSince = now;
                readAt = later(now, readLimit);
            }
            case WRITE -> {
                writeSince = now;
                writeAt = owner.isBlocked() ? later(now, writeLimit) : NEVER;
            }
            case IDLE -> {
                idleSince = now;
                idleAt = later(now, idleLimit);
            }
        }
        owner.arm();
    }

    /** Input that was held back is wanted again. */
    public void resumed() {
        if (readLimit != NEVER) {
            look(TimeLimit.READ);
        }
    }

    /** The socket takes nothing more for now. */
    public void blocked() {
        if (writeLimit != NEVER && writeAt == NEVER && !writeTold) {
            look(TimeLimit.WRITE);
        }
    }

    /** The next time that something here is due. */
    public long next() {
        return Math.min(Math.min(inAt, outAt), Math.min(Math.min(readAt, writeAt), idleAt));
    }

    /** Does what is due: goes on with what a rate has held up, tells the limits that have passed. */
    public void expire(long now) {
        if (inAt <= now) {
            inAt = NEVER;
            owner.holdInput(false);
        }
        if (outAt <= now) {
            outAt = NEVER;
            owner.holdOutput(false);
        }
        if (readAt <= now) {
            expireRead(now);
        }
        if (writeAt <= now) {
            expireWrite(now);
        }
        if (idleAt <= now) {
            long last = Math.max(idleSince, Math.max(owner.lastIn(), owner.lastOut()));
            idleAt = due(TimeLimit.IDLE, later(last, idleLimit), now);
        }
    }

    private void expireRead(long now) {
        if (owner.isInputOff()) {
            readAt = NEVER;
        } else if (owner.isInputHeld()) {
            // We keep the peer waiting ourselves.
            readAt = later(now, readLimit);
        } else {
            readAt = due(TimeLimit.READ, later(Math.max(readSince, owner.lastIn()), readLimit), now);
        }
    }

    private void expireWrite(long now) {
        if (!owner.isBlocked()) {
            writeAt = NEVER;
        } else {
            writeAt = due(TimeLimit.WRITE, later(Math.max(writeSince, owner.lastOut()), writeLimit), now);
            writeTold = writeAt == NEVER;
        }
    }

    /** Tells the protocol if the limit has passed. Returns when to look again. */
    private long due(TimeLimit which, long at, long now) {
        if (at > now) {
            return at;
        }
        owner.timedOut(which);
        return NEVER;
    }

    private static long later(long from, long nanos) {
        long at = from + nanos;
        return at < from ? NEVER : at;
    }

    // ---- marks ----

    /**
     * So much is to be sent: a producer that goes on above the low mark wants to be called when it has fallen to it.
     */
    public void flushed(long pending) {
        aboveLow |= pending > outputLow;
    }

    /**
     * Whether a producer is to be called though something still waits: once for each time that it has fallen to the low
     * mark.
     */
    public boolean fellToLow(long pending) {
        if (pending > outputLow) {
            aboveLow = true;
            return false;
        }
        boolean fell = aboveLow && pending > 0;
        aboveLow = false;
        return fell;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Link;
import io.millrace.core.Rate;
import io.millrace.core.TimeLimit;

/**
 * What was agreed upon for one connection beyond the usual: marks, portions, rates, time limits, where its input pours.
 * Most connections have none of it and pay a comparison with {@code null}.
 */
final class Terms {
    private static final long NEVER = Link.NEVER;

    private final Connection connection;

    int inputLow = 1;
    int inputHigh = Integer.MAX_VALUE;
    long outputLow;
    long outputHigh;

    /** What waits has been above the low mark, and the producer has not been called since. */
    private boolean aboveLow;

    private int mostRead = Integer.MAX_VALUE;
    private int mostWritten = Integer.MAX_VALUE;

    private Bucket in;
    private Bucket out;
    Limiter member;

    /** When what the connection's own rate holds up goes on. */
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

    /** Where the input goes within the kernel, or {@code null}. */
    Splice splice;

    Terms(Connection connection) {
        this.connection = connection;
        this.outputHigh = connection.driver.budget.high();
    }

    static void check(boolean right, String what, long one, long other) {
        if (!right) {
            throw new IllegalArgumentException(what + " of " + one + " and " + other + " bytes");
        }
    }

    // ---- how much may move ----

    /** Whether more input may be taken from the kernel. */
    boolean hasRoom() {
        if (splice != null) {
            // What has been received before must not be overtaken.
            return splice.isEmpty() && connection.in == null;
        }
        return connection.in == null || connection.in.readable() < inputHigh;
    }

    /**
     * Whether input has to be fetched by calls that say how much, or where it goes: not by one that brings what there
     * is.
     */
    boolean byHand() {
        return splice != null
                || in != null
                || member != null
                || mostRead != Integer.MAX_VALUE
                || inputHigh != Integer.MAX_VALUE;
    }

    /**
     * How many bytes may be received now, into room for {@code space}; at 0 the connection is held up until there may
     * be more.
     */
    int mayReceive(int space) {
        int kept = connection.in == null ? 0 : connection.in.readable();
        double most = Math.min(Math.min(space, mostRead), inputHigh - kept);
        if (in != null) {
            most = Math.min(most, in.fill(connection.loop.now()));
            if (most < 1) {
                connection.set(Connection.HELD_IN);
                inAt = in.when(in.piece());
                connection.arm();
                return 0;
            }
        }
        return (int) (member == null ? most : Math.min(most, member.mayReceive()));
    }

    /** How many of {@code wanted} bytes may be sent now; at 0 the connection is held up until there may be more. */
    long maySend(long wanted) {
        double most = Math.min(wanted, mostWritten);
        if (out != null) {
            most = Math.min(most, out.fill(connection.loop.now()));
            if (most < 1) {
                connection.set(Connection.HELD_OUT);
                outAt = out.when(out.piece());
                connection.arm();
                return 0;
            }
        }
        return (long) (member == null ? most : Math.min(most, member.maySend()));
    }

    /** Bytes have come in. */
    void received(long count) {
        if (in != null) {
            in.take(count);
        }
        if (member != null) {
            member.received(count);
        }
        if (readLimit != NEVER && readAt == NEVER) {
            look(TimeLimit.READ);
        }
        moved();
    }

    /** Bytes have left. */
    void sent(long count) {
        if (out != null) {
            out.take(count);
        }
        if (member != null) {
            member.sent(count);
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

    void rate(Rate rate, long now) {
        in = rate.in() == Rate.UNLIMITED ? null : new Bucket(rate.in(), rate.inBurst(), now);
        out = rate.out() == Rate.UNLIMITED ? null : new Bucket(rate.out(), rate.outBurst(), now);
        inAt = NEVER;
        outAt = NEVER;
        connection.clear(Connection.HELD_IN | Connection.HELD_OUT);
    }

    void portions(int read, int write) {
        mostRead = read;
        mostWritten = write;
    }

    void limit(TimeLimit which, long nanos) {
        switch (which) {
            case READ -> readLimit = nanos;
            case WRITE -> writeLimit = nanos;
            case IDLE -> idleLimit = nanos;
        }
        look(which);
    }

    /** Another protocol takes over: what this one has set for itself goes, rates and portions stay. */
    void reset() {
        inputLow = 1;
        inputHigh = Integer.MAX_VALUE;
        outputLow = 0;
        outputHigh = connection.driver.budget.high();
        aboveLow = false;
        readLimit = NEVER;
        writeLimit = NEVER;
        idleLimit = NEVER;
        readAt = NEVER;
        writeAt = NEVER;
        idleAt = NEVER;
        writeTold = false;
        splice = null;
    }

    // ---- time ----

    /** Begins a limit anew. */
    private void look(TimeLimit which) {
        long now = connection.loop.now();
        switch (which) {
            case READ -> {
                readSince = now;
                readAt = later(now, readLimit);
            }
            case WRITE -> {
                writeSince = now;
                writeAt = connection.isBlocked() ? later(now, writeLimit) : NEVER;
            }
            case IDLE -> {
                idleSince = now;
                idleAt = later(now, idleLimit);
            }
        }
        connection.arm();
    }

    /** Input that was held back is wanted again. */
    void resumed() {
        if (readLimit != NEVER) {
            look(TimeLimit.READ);
        }
    }

    /** The socket takes nothing more for now. */
    void blocked() {
        if (writeLimit != NEVER && writeAt == NEVER && !writeTold) {
            look(TimeLimit.WRITE);
        }
    }

    /** The next time that something here is due. */
    long next() {
        return Math.min(Math.min(inAt, outAt), Math.min(Math.min(readAt, writeAt), idleAt));
    }

    void ring(long now) {
        if (inAt <= now) {
            inAt = NEVER;
            connection.clear(Connection.HELD_IN);
        }
        if (outAt <= now) {
            outAt = NEVER;
            connection.clear(Connection.HELD_OUT);
        }
        if (readAt <= now) {
            ringRead(now);
        }
        if (writeAt <= now) {
            ringWrite(now);
        }
        if (idleAt <= now) {
            long last = Math.max(idleSince, Math.max(connection.lastIn, connection.lastOut));
            idleAt = due(TimeLimit.IDLE, later(last, idleLimit), now);
        }
    }

    private void ringRead(long now) {
        if (connection.is(Connection.PAUSED | Connection.ENDED)) {
            readAt = NEVER;
        } else if (connection.is(Connection.HELD_IN) || !connection.wantsInput()) {
            // We keep the peer waiting ourselves.
            readAt = later(now, readLimit);
        } else {
            readAt = due(TimeLimit.READ, later(Math.max(readSince, connection.lastIn), readLimit), now);
        }
    }

    private void ringWrite(long now) {
        if (!connection.isBlocked()) {
            writeAt = NEVER;
        } else {
            writeAt = due(TimeLimit.WRITE, later(Math.max(writeSince, connection.lastOut), writeLimit), now);
            writeTold = writeAt == NEVER;
        }
    }

    /** Tells the protocol if the limit has passed. Returns when to look again. */
    private long due(TimeLimit which, long at, long now) {
        if (at > now) {
            return at;
        }
        connection.late(which);
        return NEVER;
    }

    private static long later(long from, long nanos) {
        long at = from + nanos;
        return at < from ? NEVER : at;
    }

    // ---- marks ----

    /**
     * Whether a producer is to be called though something still waits: once for each time that it has fallen to the low
     * mark.
     */
    boolean fellToLow(long pending) {
        if (pending > outputLow) {
            aboveLow = true;
            return false;
        }
        boolean fell = aboveLow && pending > 0;
        aboveLow = false;
        return fell;
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

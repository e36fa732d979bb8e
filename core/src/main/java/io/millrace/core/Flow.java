// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import org.jspecify.annotations.Nullable;

/**
 * How the bytes of one {@link Link} flow: watermarks, rates, time limits, counts. Every carrier can all of it, except
 * {@link #spliceTo}, which says whether it can. Only the owner thread calls. After the connection has ended every call
 * is without effect.
 *
 * <p>{@link Link#flow} returns the same object each time and allocates nothing.
 */
public interface Flow {

    /**
     * Limits how long the peer may accept not one byte of what waits to be sent. Then the connection ends with
     * {@link CloseCause#STALLED}.
     *
     * @param nanos the limit in nanoseconds, {@link Link#NEVER} for none
     */
    void writeTimeout(long nanos);

    /**
     * Calls {@link Protocol#timedOut} when nothing has moved for {@code nanos}. Each limit is independent of the
     * others; one that has passed is told once, and again only after something has moved since.
     *
     * @param nanos the limit in nanoseconds, {@link Link#NEVER} for none
     */
    void timeout(TimeLimit which, long nanos);

    /**
     * Sets the watermarks of the output: from {@code high} bytes on {@link Link#writable} returns {@code false} and no
     * more input is delivered. A producer that was told so is called by {@link Protocol#drained} when what waits has
     * fallen to {@code low} bytes. The defaults are 0 and 256 KiB.
     *
     * @throws IllegalArgumentException unless {@code 0 <= low < high}
     */
    void writeWatermarks(long low, long high);

    /**
     * Sets the watermarks of the input: {@link Protocol#receive} is called only with at least {@code low} bytes, or
     * with what there is when the peer has ended. No more is read while {@code high} bytes lie unconsumed, so that the
     * peer has to wait. A protocol that leaves so much goes on by {@link Link#pause pause(false)}. The defaults are 1
     * and without limit.
     *
     * @throws IllegalArgumentException unless {@code 0 <= low <= high} and {@code high} is positive
     */
    void readWatermarks(int low, int high);

    /**
     * Limits how fast bytes move; {@link RateLimit#NONE} lifts the limit. Input that comes faster waits in the kernel,
     * and with it the peer.
     */
    void rate(RateLimit rate);

    /**
     * Limits how many bytes one system call reads or writes, so that a large transfer is cut into pieces of that size.
     *
     * @throws IllegalArgumentException unless both are positive
     */
    void maxPerCall(int read, int write);

    /** Returns the bytes and times so far. */
    LinkStats stats();

    /**
     * Sends what comes in here out of {@code into}, in order with its other output, and shows the protocol none of it:
     * the bytes move within the kernel by splice(2), not faster than {@code into} can send them. The protocol is told
     * everything else as before, {@link Protocol#inputClosed} when the last byte has been moved. Input that has been
     * received already is offered to the protocol as before, and should all be passed on by hand; so must be what comes
     * in later, should the kernel turn out to be unable.
     *
     * @param into the flow of a link of the same owner; {@code null} to end it
     * @return whether the carrier can; if not, nothing changes
     */
    default boolean spliceTo(@Nullable Flow into) {
        return false;
    }
}

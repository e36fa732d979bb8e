// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/**
 * A descriptor that a driver watches: a connection, a listening socket, what users watch. Has one timer for its time
 * limits.
 */
public abstract class Source extends TimerNode {
    /** The descriptor, -1 once it is closed. */
    public int fd = -1;

    /** Operations of a ring that the kernel has not completed yet, a bit for each kind; 0 where there is no ring. */
    public int underWay;

    /** What a ring polls the descriptor for, and by which kind of operation. */
    public int interest;

    public int kind;

    /** Place in the {@link Slab} and generation: what events come back with. */
    public long token;

    /** A source that is not watched yet. */
    protected Source() {}

    /** The poller reports these {@link io.millrace.poll.Interest} bits. */
    protected abstract void ready(int events);

    /**
     * An operation of the source's own, such as an accept that goes on, has brought this result, or -errno. With
     * {@code more} false it was the last one. Where there are no completions it is never called.
     */
    public void completed(int result, boolean more) {}

    /** Work that was left over when the last turn's budget ended, or that was put off. */
    protected abstract void resume();

    /** Whether an orderly end waits for it: for connections and those that bring them. */
    protected abstract boolean awaited();

    /** The loop ends: lets go of everything at once. The driver does that itself for connections. */
    protected abstract void closeNow();

    /** Is told that serving it has failed: goes on in its own way, if it can. */
    protected void broken() {}

    /** The loop cannot go on, perhaps for want of memory: gives up what memory it can, without an allocation. */
    protected void forget() {}

    /** The loop cannot go on: closes its descriptor if that is its own, and allocates nothing. */
    protected void abandon() {}
}

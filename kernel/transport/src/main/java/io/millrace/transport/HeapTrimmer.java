// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.Slab;
import java.util.function.Consumer;

/**
 * Brings down what the connections of a loop hold while memory is short: has them give up what nothing waits in, and
 * ends those that hold most if that is not enough.
 */
final class HeapTrimmer {
    /** All are asked so often to give up memory that nothing waits in, while memory is short. */
    private static final long TRIM_NANOS = 1_000_000_000L;

    private final Slab slab;
    private final HeapLimit heap;
    private final Consumer<Holder> ending;

    /** When to look again whether all could do with less memory. */
    private long trimAt = Long.MIN_VALUE;

    /** A source that holds memory. */
    interface Holder {

        /** Returns how many bytes it is known to hold. */
        long counted();

        /** Notes how many bytes it holds by now. */
        void count();

        /** Gives up memory that nothing waits in. */
        void trim();

        /** Returns whether something waits that the socket has no room for. */
        boolean isBlocked();

        /** Returns whether it is being served just now. */
        boolean isBusy();

        /** Is to end for the sake of memory. */
        void evict();
    }

    /** Trims the holders of a slab; {@code ending} ends one that has been told so. */
    HeapTrimmer(Slab slab, HeapLimit heap, Consumer<Holder> ending) {
        this.slab = slab;
        this.heap = heap;
        this.ending = ending;
    }

    /** Memory is short, and this one has just been served. */
    void served(Holder holder, long now) {
        if (now >= trimAt) {
            trimAt = now + TRIM_NANOS;
            trimAll();
        } else if (holder.isBlocked()) {
            holder.trim();
            holder.count();
        }
        if (heap.isExceeded()) {
            reclaim();
        }
    }

    /** Has all give up memory that nothing waits in. */
    private void trimAll() {
        for (int slot = 0; slot < slab.slots(); slot++) {
            if (slab.at(slot) instanceof Holder holder && holder.counted() > 0) {
                holder.trim();
                holder.count();
            }
        }
    }

    /** Ends those that hold most, until little enough is held. */
    private void reclaim() {
        int ended = 0;
        for (long most = most(); most > 0 && heap.excess() > 0; most = most()) {
            ended += endFrom(most / 2);
        }
        heap.ended(ended);
    }

    private long most() {
        long most = 0;
        for (int slot = 0; slot < slab.slots(); slot++) {
            if (slab.at(slot) instanceof Holder holder && !holder.isBusy()) {
                most = Math.max(most, holder.counted());
            }
        }
        return most;
    }

    /** Ends holders of so much or more, as many as have to be. */
    private int endFrom(long least) {
        int ended = 0;
        for (int slot = 0; slot < slab.slots() && heap.excess() > 0; slot++) {
            if (slab.at(slot) instanceof Holder holder && !holder.isBusy() && holder.counted() >= Math.max(1, least)) {
                holder.evict();
                ending.accept(holder);
                ended++;
            }
        }
        return ended;
    }
}

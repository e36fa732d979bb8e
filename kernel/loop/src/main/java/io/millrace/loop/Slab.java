// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Sources by number. A token is {@code generation << 32 | slot}; the generation grows each time a slot is freed, so
 * that an event that was on its way for a closed connection finds no connection, even when the slot and the descriptor
 * have new owners.
 */
public final class Slab {
    private static final int SMALLEST = 16;

    private Source[] sources = new Source[SMALLEST];

    /** How often each slot has been freed. */
    private int[] generations = new int[SMALLEST];

    private int[] free = new int[SMALLEST];
    private int freeCount;
    private int top;

    /** An empty slab. */
    public Slab() {}

    /** Number of sources. */
    public int size() {
        return top - freeCount;
    }

    /** Gives a source its slot and sets its token. */
    public void add(Source source) {
        int slot;
        if (freeCount > 0) {
            slot = free[--freeCount];
        } else {
            if (top == sources.length) {
                grow();
            }
            slot = top++;
        }
        sources[slot] = source;
        source.token = (long) generations[slot] << 32 | slot;
    }

    private void grow() {
        int larger = sources.length + (sources.length >> 1);
        sources = Arrays.copyOf(sources, larger);
        generations = Arrays.copyOf(generations, larger);
    }

    /** The source with that token, or {@code null} if it is gone. */
    public @Nullable Source get(long token) {
        int slot = (int) token;
        return slot >= 0 && slot < top && generations[slot] == (int) (token >>> 32) ? sources[slot] : null;
    }

    /** Frees a source's slot: its token is dead from now on. */
    public void remove(Source source) {
        int slot = (int) source.token;
        assert sources[slot] == source;
        sources[slot] = null;
        // Generations stay below 2^31, so that no token is ever negative: those belong to pollers.
        generations[slot] = (generations[slot] + 1) & Integer.MAX_VALUE;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, Math.min(sources.length, 2 * free.length));
        }
        free[freeCount++] = slot;
    }

    /** How many slots are or were in use. */
    public int slots() {
        return top;
    }

    /** The source in a slot, {@code null} if it is free. */
    public Source at(int slot) {
        return sources[slot];
    }

    /** All sources there are now. */
    public Source[] toArray() {
        Source[] all = new Source[size()];
        int n = 0;
        for (int slot = 0; slot < top; slot++) {
            if (sources[slot] != null) {
                all[n++] = sources[slot];
            }
        }
        return all;
    }
}

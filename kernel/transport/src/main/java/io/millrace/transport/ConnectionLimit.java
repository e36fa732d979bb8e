// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** How many connections an address has and may have, over all loops. Any thread may call. */
final class ConnectionLimit {
    private final int most;
    private final AtomicInteger open = new AtomicInteger();
    private final List<Runnable> waiting = new ArrayList<>();
    private volatile boolean someoneWaits;

    ConnectionLimit(int most) {
        this.most = most;
    }

    int open() {
        return open.get();
    }

    /** How many places are free. */
    int free() {
        return most - open.get();
    }

    /** Takes a place, if one is free. */
    boolean take() {
        // Never more than there may be, not even for a moment: others read how many there are.
        int taken = open.get();
        while (taken < most) {
            int found = open.compareAndExchange(taken, taken + 1);
            if (found == taken) {
                return true;
            }
            taken = found;
        }
        return false;
    }

    /** Gives a place back. */
    void release() {
        open.decrementAndGet();
        if (someoneWaits) {
            wakeAll();
        }
    }

    /**
     * {@code free} is run, on any thread, when a place may be free. Asks for a place once more, for one may have come
     * free meanwhile.
     */
    void await(Runnable free) {
        synchronized (waiting) {
            waiting.add(free);
            someoneWaits = true;
        }
        if (open.get() < most) {
            wakeAll();
        }
    }

    private void wakeAll() {
        List<Runnable> all;
        synchronized (waiting) {
            all = new ArrayList<>(waiting);
            waiting.clear();
            someoneWaits = false;
        }
        all.forEach(Runnable::run);
    }
}

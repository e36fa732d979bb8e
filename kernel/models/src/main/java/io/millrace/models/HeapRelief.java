// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.transport.HeapLimit;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;

/** Ends the connections that hold most when all of a server together hold more of the heap than they may. */
final class HeapRelief {
    private final HeapLimit heap;
    private final Collection<ServedClient> clients;
    private final AtomicBoolean running = new AtomicBoolean();

    /** Relief for {@code heap} by ending some of {@code clients}, which other threads change meanwhile. */
    HeapRelief(HeapLimit heap, Collection<ServedClient> clients) {
        this.heap = heap;
        this.clients = clients;
    }

    /** Tells those that hold most to end, until little enough is held. By one thread at a time. */
    void run() {
        if (!running.compareAndSet(false, true)) {
            return;
        }
        try {
            heap.ended(evictUntil(heap.excess() - leaving()));
        } finally {
            running.set(false);
        }
    }

    /** Bytes held by those that have been told and have not ended yet. */
    private long leaving() {
        long bytes = 0;
        for (ServedClient client : clients) {
            bytes += client.evicted() ? client.held() : 0;
        }
        return bytes;
    }

    private int evictUntil(long excess) {
        int told = 0;
        long left = excess;
        for (long most = most(); most > 0 && left > 0; most = most()) {
            for (ServedClient client : clients) {
                long held = client.held();
                if (left > 0 && held > 0 && held >= most / 2 && !client.evicted()) {
                    client.evict();
                    left -= held;
                    told++;
                }
            }
        }
        return told;
    }

    private long most() {
        long most = 0;
        for (ServedClient client : clients) {
            most = client.evicted() ? most : Math.max(most, client.held());
        }
        return most;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.util.ArrayDeque;

/**
 * Compression contexts that connections borrow for one message: as many as are in use at once, which is one a loop.
 * What comes back beyond {@link #IDLE} of a kind is freed. Any thread may call.
 */
final class DeflatePool {
    private static final int IDLE = 2 * Runtime.getRuntime().availableProcessors();

    private final int level;
    private final ArrayDeque<MessageDeflater> deflaters = new ArrayDeque<>();
    private final ArrayDeque<MessageInflater> inflaters = new ArrayDeque<>();
    private int lent;

    DeflatePool(int level) {
        this.level = level;
    }

    MessageDeflater lendDeflater() {
        synchronized (this) {
            lent++;
            if (!deflaters.isEmpty()) {
                return deflaters.pop();
            }
        }
        return new MessageDeflater(level);
    }

    MessageInflater lendInflater() {
        synchronized (this) {
            lent++;
            if (!inflaters.isEmpty()) {
                return inflaters.pop();
            }
        }
        return new MessageInflater();
    }

    void giveBack(MessageDeflater deflater) {
        synchronized (this) {
            lent--;
            if (deflaters.size() < IDLE) {
                deflaters.push(deflater);
                return;
            }
        }
        deflater.end();
    }

    void giveBack(MessageInflater inflater) {
        inflater.forget();
        synchronized (this) {
            lent--;
            if (inflaters.size() < IDLE) {
                inflaters.push(inflater);
                return;
            }
        }
        inflater.end();
    }

    /** Returns how many contexts are lent now. */
    synchronized int lent() {
        return lent;
    }
}

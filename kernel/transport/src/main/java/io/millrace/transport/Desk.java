// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;

/**
 * What a thread lends to the link it is serving: the buffer where input arrives and those for output. A link that waits
 * holds none of them. To be used by one thread at a time, for any number of links one after the other.
 */
public final class Desk {
    private static final int USUAL = 16 * 1024;

    final Buffer lent;
    final Output.Pool outputs = new Output.Pool(2);

    /** Desks that no thread works at, for threads that come and go. Any thread may call. */
    public static final class Pool {
        private static final int MOST = 64;

        private final Desk[] free = new Desk[MOST];
        private int count;

        /** An empty pool: desks are made when they are needed. */
        public Pool() {}

        /** Takes a desk that is free, or a new one. */
        public synchronized Desk take() {
            if (count == 0) {
                return new Desk();
            }
            Desk desk = free[--count];
            free[count] = null;
            return desk;
        }

        /** Gives a desk back. */
        public synchronized void give(Desk desk) {
            if (count < MOST) {
                free[count++] = desk;
            }
        }
    }

    /** A desk with an input buffer of 16 KiB. */
    public Desk() {
        this.lent = new Buffer(USUAL);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.Arrays;

/**
 * The streams that were reset last, by this side or by the peer: what is still on its way for one that this side has
 * reset is passed over, what comes for one that the peer has reset is an error of that stream, and what comes for any
 * other that is closed is an error of the connection (RFC 9113 section 5.1). Takes no memory before there is one.
 */
final class ResetStreams {
    private static final int MOST = 256;
    private static final int[] NONE = {};

    // A ring of numbers; those that the peer has reset are negative.
    private int[] ids = NONE;
    private int added;

    // Of what fell out of the ring it is not known any more who reset it.
    private int forgotten;

    /** Returns whether none was reset. */
    boolean isEmpty() {
        return added == 0 && forgotten == 0;
    }

    /** Of streams up to this one it is not known any more which were reset, and by whom. */
    void forget(int id) {
        forgotten = id;
    }

    /** This side has reset a stream. */
    void addOwn(int id) {
        add(id);
    }

    /** The peer has reset a stream. */
    void addForeign(int id) {
        add(-id);
    }

    private void add(int entry) {
        if (added == ids.length && added < MOST) {
            ids = Arrays.copyOf(ids, Math.max(8, 2 * added));
        }
        int at = added % ids.length;
        if (added >= ids.length) {
            forgotten = Math.max(forgotten, Math.abs(ids[at]));
        }
        ids[at] = entry;
        added = added + 1 < 2 * MOST ? added + 1 : MOST + (added + 1) % MOST;
    }

    /** Returns whether frames for this stream, which is closed, may be on their way without fault of the peer. */
    boolean isOwn(int id) {
        return id <= forgotten || find(id);
    }

    /** Returns whether the peer itself has reset this stream. */
    boolean isForeign(int id) {
        return find(-id);
    }

    private boolean find(int entry) {
        for (int known : ids) {
            if (known == entry) {
                return true;
            }
        }
        return false;
    }
}

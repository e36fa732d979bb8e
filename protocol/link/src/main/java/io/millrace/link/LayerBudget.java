// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Link;

/**
 * How much a layer does before the loop's other work has its turn: compression costs far more than moving bytes, and a
 * peer can send a kilobyte that becomes a megabyte. The link's clock tells the turns apart, for it stands still during
 * one.
 */
final class LayerBudget {
    /** What a step counts beside its bytes: one that moves nothing is work as well. */
    private static final int STEP = 64;

    /** A task that executes itself comes back within its turn; a loop runs no more than so many tasks in one. */
    private static final int MOST_TRIES = 1024;

    private final Link link;
    private final int bytesPerTurn;
    private final Runnable goOn;
    private long turn;
    private long done;
    private boolean queued;
    private boolean over;
    private int tries;

    /** The work of a layer above {@code link}; {@code goOn} is called when there may be more after there could not. */
    LayerBudget(Link link, int bytesPerTurn, Runnable goOn) {
        this.link = link;
        this.bytesPerTurn = bytesPerTurn;
        this.goOn = goOn;
        this.turn = link.now();
    }

    /** Whether there may be another step in this turn; if not, it goes on in the next. */
    boolean may() {
        if (link.now() != turn) {
            begin();
        }
        if (done < bytesPerTurn) {
            return true;
        }
        later();
        return false;
    }

    /** A step has moved so many bytes. */
    void did(long bytes) {
        done += bytes + STEP;
    }

    private void begin() {
        turn = link.now();
        done = 0;
        tries = 0;
    }

    private void later() {
        if (!queued) {
            queued = true;
            link.execute(this::next);
        }
    }

    /** The connection has ended: nothing goes on. */
    void end() {
        over = true;
    }

    private void next() {
        queued = false;
        if (over) {
            return;
        }
        if (link.now() == turn && tries++ < MOST_TRIES) {
            later();
        } else {
            begin();
            goOn.run();
        }
    }
}

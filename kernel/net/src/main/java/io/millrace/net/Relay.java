// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;

/**
 * Joins two links: what comes in on one goes out on the other, in both directions, as if there were one connection.
 * Between two connections of one loop the bytes stay within the kernel (splice(2)); between others they are copied.
 *
 * <pre>
 *   a ──── bytes, no faster than b takes them ───► b        b's end closes a's direction, and the other way round;
 *   a ◄─── bytes, no faster than a takes them ──── b        when both have ended, both are closed; a reset resets
 * </pre>
 *
 * <p>Limits of rate are those of the links: set them before or after. Limits of time end with the protocol that the
 * relay takes the link over from ({@link Link#switchProtocol}): set them after. The marks of their output become the
 * relay's: a link usually reads nothing while much of its output waits, and two relays' worth of that in a ring, such
 * as a far end that echoes, would wait for each other for ever.
 */
public final class Relay implements Protocol {
    /** What may wait on one side before the other is not read any more. */
    private static final long MOST_WAITING = 256 * 1024;

    private final Link mine;

    @SuppressWarnings("NullAway.Init") // join
    private Relay other;

    private boolean paused;
    private boolean ended;
    private boolean over;

    private Relay(Link mine) {
        this.mine = mine;
    }

    /**
     * Takes two links over, which must have the same owner; to be called by it. Input that their protocols have left
     * goes to the other side first.
     *
     * @throws IllegalStateException on a thread that does not own both links
     */
    public static void join(Link a, Link b) {
        if (!a.inLoop() || !b.inLoop()) {
            throw new IllegalStateException("both links must belong to the calling thread");
        }
        Relay one = new Relay(a);
        Relay two = new Relay(b);
        one.other = two;
        two.other = one;
        a.switchProtocol(one);
        b.switchProtocol(two);
        unbind(a);
        unbind(b);
        a.flow().spliceTo(b.flow());
        b.flow().spliceTo(a.flow());
    }

    /** What waits on a link holds up the other one's input, not its own. */
    private static void unbind(Link link) {
        link.flow().writeWatermarks(0, Long.MAX_VALUE);
    }

    /** Only what the kernel cannot move by itself comes through here. */
    @Override
    public void receive(Buffer in, Link link) {
        Link to = other.mine;
        to.out().append(in);
        in.consume(in.readable());
        to.flush();
        if (to.pending() >= MOST_WAITING || !to.writable()) {
            paused = true;
            link.pause(true);
        }
    }

    @Override
    public void drained(Link link) {
        if (other.paused) {
            other.paused = false;
            other.mine.pause(false);
        }
    }

    @Override
    public void inputClosed(Link link) {
        ended = true;
        if (other.ended) {
            close(CloseMode.FLUSHED);
            other.close(CloseMode.FLUSHED);
        } else {
            other.mine.shutdownOutput();
        }
    }

    @Override
    public void timedOut(Link link, TimeLimit which) {
        close(CloseMode.NOW);
        other.close(CloseMode.NOW);
    }

    @Override
    public void closed(CloseCause why) {
        over = true;
        other.close(why == CloseCause.LOCAL || why == CloseCause.SHUTDOWN ? CloseMode.FLUSHED : CloseMode.ABORT);
    }

    private void close(CloseMode how) {
        if (!over) {
            mine.close(how);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection: requests one after the other, answers in the same order, time limits, the end. Small, since
 * there may be very many that do nothing; what a request needs is lent by {@link Http1Factory} while it is in flight.
 *
 * <pre>
 *                first byte            answer out, body read
 *    ─►  idle ────────────► exchange ───────────────────────► idle
 *          │                   │ Connection: close, error, limit
 *          └──► closing ◄──────┘
 * </pre>
 *
 * <p>Input that cannot be used yet stays with the link, which is told to pause. Nothing here calls itself in a circle:
 * a completion within receive is seen by its loop, any other makes the link deliver again what it holds.
 */
final class Http1Protocol implements Protocol {
    private final Http1Factory room;
    private @Nullable Http1Exchange exchange;

    // When the connection became idle, and for when the link's deadline is set: it is left to pass too early rather
    // than moved with every request.
    private long idleSince;
    private long armed = Link.NEVER;
    private long served;

    private boolean receiving;
    private boolean unflushed;
    private boolean paused;
    private boolean held;
    private boolean awaitsEnd;
    private boolean closing;
    private boolean inputEnded;
    private boolean stopping;

    Http1Protocol(Http1Factory room) {
        this.room = room;
    }

    @Override
    public void opened(Link link) {
        link.flow().writeTimeout(room.context().writeNanos());
        idleSince = link.now();
        arm(link);
    }

    // ---- input

    @Override
    public void receive(Buffer in, Link link) {
        receiving = true;
        held = false;
        boolean moreWanted = work(in, link);
        receiving = false;
        if (unflushed) {
            unflushed = false;
            link.flush();
        }
        if (closing) {
            return;
        }
        if (!moreWanted && !in.isEmpty()) {
            hold(in, link);
        } else if (inputEnded && !paused) {
            finishInput(link);
        } else {
            leaveIfStopping(link);
        }
        arm(link);
    }

    // Whether it stopped for want of input.
    private boolean work(Buffer in, Link link) {
        while (!closing) {
            Http1Exchange current = exchange;
            if (current == null) {
                if (in.isEmpty()) {
                    return true;
                }
                // A client that asks without taking the answers is not answered further.
                if (!link.writable()) {
                    return false;
                }
                current = lend(link);
            }
            int state = current.advance(in);
            if (state != Http1Exchange.DONE) {
                return state == Http1Exchange.INPUT;
            }
            conclude(link);
        }
        in.consume(successorHasInput() ? 0 : in.readable());
        return true;
    }

    private boolean successorHasInput() {
        return exchange != null && exchange.successor() != null;
    }

    private Http1Exchange lend(Link link) {
        served++;
        Http1Exchange next = room.lend();
        exchange = next;
        next.begin(this, link);
        return next;
    }

    // The answer is out and no more of the request is wanted.
    private void conclude(Link link) {
        Http1Exchange done = exchange;
        if (closing || done == null) {
            return;
        }
        Protocol successor = done.successor();
        if (successor != null) {
            closing = true;
            resume(link);
            link.switchProtocol(successor);
        } else if (!done.lasts()) {
            close(link, done.closing());
        } else {
            release();
            idleSince = link.now();
        }
    }

    private void release() {
        Http1Exchange done = exchange;
        exchange = null;
        awaitsEnd = false;
        if (done != null && done.isSpare()) {
            room.giveBack(done);
        }
    }

    /** The exchange's reader has come, stopped or gone on. */
    void demandChanged(Http1Exchange of, Link link) {
        if (receiving || of != exchange || closing) {
            return;
        }
        if (of.needsBody()) {
            boolean more = paused || held;
            resume(link);
            if (inputEnded && !more) {
                finishInput(link);
            }
        }
        arm(link);
    }

    /** The exchange has its answer. */
    void answered(Http1Exchange of, Link link) {
        if (receiving || of != exchange || closing) {
            return;
        }
        if (of.isBodyDone() || !of.lasts()) {
            conclude(link);
        }
        if (!closing) {
            boolean more = paused || held;
            proceed(link);
            if (!more) {
                leaveIfStopping(link);
            }
            arm(link);
        }
    }

    // An answer whose head had left before the server began to stop could not say that it was the last; it is all the
    // same,
    // unless the client's next request has come already: that one is answered and told.
    private void leaveIfStopping(Link link) {
        if (stopping && !closing && exchange == null) {
            close(link, CloseMode.FLUSHED);
        }
    }

    // Takes up input that was held back; where none was, its end may have been waiting for the answer.
    private void proceed(Link link) {
        if (paused || held) {
            resume(link);
        } else if (inputEnded) {
            finishInput(link);
        }
    }

    @Override
    public void drained(Link link) {
        if (exchange != null) {
            exchange.sent();
        } else {
            proceed(link);
        }
    }

    // Keeps input for later: the link is told to stop, unless the end that may be behind it is looked for.
    private void hold(Buffer in, Link link) {
        if (awaitsEnd && in.readable() < room.context().limits().head()) {
            held = true;
        } else {
            pause(link);
        }
    }

    private void pause(Link link) {
        if (!paused) {
            paused = true;
            noteLife(link);
            link.pause(true);
        }
    }

    private void resume(Link link) {
        if (held) {
            held = false;
            link.pause(true);
            link.pause(false);
        } else if (paused) {
            paused = false;
            link.pause(false);
        }
    }

    // ---- output

    /** Sends what was written, once for all that arrived together. */
    void flush(Link link) {
        if (inputEnded || paused) {
            noteLife(link);
        }
        if (receiving) {
            unflushed = true;
        } else {
            link.flush();
        }
    }

    /**
     * Ends the connection in the middle; answers to earlier requests that wait to be sent are not harmed by one not
     * begun.
     */
    void abort(Link link, boolean begun) {
        close(link, begun || link.pending() == 0 ? CloseMode.NOW : CloseMode.FLUSHED);
    }

    private void close(Link link, CloseMode how) {
        if (!closing) {
            closing = true;
            unflushed = false;
            link.flush();
            link.close(how);
            release();
        }
    }

    // ---- the end of things

    @Override
    public void inputClosed(Link link) {
        inputEnded = true;
        noteLife(link);
        if (!paused && !closing) {
            if (!held) {
                finishInput(link);
            }
            if (!closing) {
                arm(link);
            }
        }
    }

    // No more will come: a reader waits for it in vain, a handler that owes an answer still gives it.
    private void finishInput(Link link) {
        if (exchange == null || exchange.isInHead()) {
            close(link, CloseMode.FLUSHED);
        } else if (exchange.needsBody()) {
            exchange.cutShort();
            conclude(link);
        }
    }

    @Override
    public void shuttingDown(Link link) {
        stopping = true;
        if (exchange != null) {
            exchange.stopping();
        }
        // Input that is held back has arrived in time: drained() takes it up, and its answer says that it is the last.
        if (exchange == null && !paused) {
            close(link, CloseMode.FLUSHED);
        }
    }

    @Override
    public void closed(CloseCause why) {
        closing = true;
        if (exchange != null) {
            exchange.gone();
            release();
        }
    }

    /** Whether the server is shutting down. */
    boolean isStopping() {
        return stopping;
    }

    /** Whether the request in flight is the last that this connection may have. */
    boolean isLast() {
        return served >= room.context().limits().requests();
    }

    // ---- time

    @Override
    public void expired(Link link) {
        armed = Link.NEVER;
        if (closing) {
            return;
        }
        if (exchange != null) {
            exchange.endQuiet();
        }
        if (closing || link.now() < due()) {
            arm(link);
        } else if (exchange != null && link.now() < exchange.due()) {
            silent(exchange, link);
        } else if (exchange != null) {
            exchange.tooSlow();
            conclude(link);
        } else if (link.pending() > 0) {
            idleSince = link.now(); // the last answer is still leaving
            arm(link);
        } else {
            close(link, CloseMode.FLUSHED);
        }
    }

    // An exchange has been silent for long. Behind input that is held back there may be the end of it, which has not
    // been
    // seen; a client that has sent its last byte has most likely gone.
    private void silent(Http1Exchange current, Link link) {
        if (link.pending() > 0) {
            noteLife(link); // whether it takes what is sent is for the link to watch
        } else if (inputEnded) {
            current.left();
        } else {
            awaitsEnd = true;
            resume(link);
        }
        if (!closing) {
            arm(link);
        }
    }

    /**
     * When a client that has sent its last byte has been silently waited on for too long. What a client sends that has
     * closed its socket is the same as of one that only sends no more and still reads, and it takes something that is
     * sent to find out. So the first is assumed of a client to which nothing is sent for long.
     */
    private long silentDue(Http1Exchange current) {
        boolean matters = inputEnded || (paused && !awaitsEnd);
        return matters && !current.isFinished() ? current.silentDue() : Link.NEVER;
    }

    private void noteLife(Link link) {
        if (exchange != null) {
            exchange.alive(link.now());
        }
    }

    private long due() {
        if (exchange != null) {
            return Math.min(exchange.due(), Math.min(silentDue(exchange), exchange.quietDue()));
        }
        HttpContext context = room.context();
        return idleSince + (served == 0 ? context.headNanos() : context.idleNanos());
    }

    /** Something has to be done earlier than was known. */
    void timeChanged(Link link) {
        if (!receiving) {
            arm(link);
        }
    }

    private void arm(Link link) {
        long due = closing ? Link.NEVER : due();
        if (due < armed) {
            armed = due;
            link.deadline(due);
        }
    }
}

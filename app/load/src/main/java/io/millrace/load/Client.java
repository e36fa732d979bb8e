// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;

/**
 * One client: asks over one connection at a time and makes a new one when that ends. When to ask is the
 * {@link Worker}'s business. On its loop only.
 *
 * <p>A server may end a connection after any of its answers. Requests that were under way then, and of whose answers
 * nothing has come, are sent again on the next connection; their time goes on counting from when they were due. A
 * connection that ends without a single answer, or in the middle of one, is a failure.
 */
abstract class Client extends LoadClient {
    /** How long a server that has announced the end of the connection is waited for. */
    private static final long CLOSE_NANOS = 1_000_000_000L;

    private final boolean keepAlive;

    // The requests under way, oldest first: a ring. When each was due and when it was sent.
    private final long[] due;
    private final long[] sent;
    private int first;
    private int count;

    /** Whether it stands in the worker's queue of those that may ask. */
    boolean queued;

    private boolean opening;

    /** Whether the connection stands and may carry requests. */
    private boolean ready;

    private boolean timedOut;
    private boolean garbled;
    private boolean answeredOnce;

    /** Whether nothing more is expected from this connection but its end. */
    private boolean finished;

    /** What happens to the connection after an answer. */
    enum Next {
        /** It may carry another request. */
        ANOTHER,

        /** The server closes it, so that the server and not this machine keeps the port in TIME_WAIT. */
        SERVER_CLOSES,

        /** This end closes it. */
        CLOSE
    }

    Client(Worker worker) {
        super(worker);
        LoadPlan.Clients clients = worker.plan().clients();
        this.keepAlive = clients.keepAlive();
        this.due = new long[clients.pipeline()];
        this.sent = new long[clients.pipeline()];
    }

    // ---- what is spoken

    /**
     * A connection stands: whatever was under way on another is forgotten. Returns whether it may carry requests
     * already; if not, {@link #ready} is to be called when it may.
     */
    abstract boolean begin();

    /** Appends one request, which has that place in the ring; returns its length. */
    abstract int write(Buffer out, int place);

    /** A request under way has another place in the ring now. */
    void moved(int from, int to) {}

    /** Consumes input, and calls {@link #answered} for each whole answer; {@code false} if it makes no sense. */
    abstract boolean read(Buffer in);

    /** The peer sends nothing more: calls {@link #answered} if that is how an answer ends. */
    abstract void readEnd();

    /** Whether a part of an answer has come. */
    abstract boolean isAnswering();

    // ---- what the worker says

    /** Whether one more request may be under way. */
    boolean isFree() {
        return count < due.length && (link != null ? ready && !finished : !keepAlive && !opening);
    }

    /** Whether a request is under way. */
    boolean isAsking() {
        return count > 0;
    }

    /** Opens the connection of a client that keeps it. */
    void open() {
        if (link == null && !opening) {
            opening = true;
            worker.dial(this, this::unreachable);
        }
    }

    /** Asks once more; {@code when} it was due. */
    void ask(long when) {
        int place = (first + count) % due.length;
        due[place] = when;
        sent[place] = System.nanoTime();
        count++;
        if (link == null) {
            open();
        } else {
            send(1);
            if (count == 1) {
                link.deadline(link.now() + worker.timeout());
            }
        }
    }

    private void send(int requests) {
        for (int i = 0; i < requests; i++) {
            worker.sent(write(link.out(), (first + count - requests + i) % due.length));
        }
        link.flush();
    }

    // ---- what the connection says

    @Override
    public void opened(Link opened) {
        opening = false;
        link = opened;
        timedOut = false;
        garbled = false;
        answeredOnce = false;
        finished = false;
        ready = false;
        if (begin()) {
            ready();
        } else {
            link.deadline(link.now() + worker.timeout());
        }
    }

    /** The connection may carry requests from now on. */
    final void ready() {
        ready = true;
        link.deadline(Link.NEVER);
        worker.connected();
        if (count > 0) {
            send(count);
            link.deadline(link.now() + worker.timeout());
        }
        if (keepAlive && count < due.length) {
            worker.free(this);
        }
    }

    private void unreachable() {
        opening = false;
        fail(Failure.CONNECT, count);
        worker.again(this);
    }

    @Override
    public void receive(Buffer in, Link from) {
        int before = in.readable();
        boolean understood = finished || read(in);
        if (finished) {
            in.consume(in.readable());
        }
        worker.received(before - in.readable());
        if (!understood && !finished) {
            garbled = true;
            leaveConnection();
        }
    }

    /** Whether an answer is expected. */
    final boolean expectsAnswer() {
        return count > 0 && !finished;
    }

    /** The answer to the oldest request is complete. */
    final void answered(int statusClass, Next next) {
        answeredAt(first, statusClass, next);
    }

    /** Returns the place of a request under way, the oldest being number 0. */
    final int nth(int number) {
        return (first + number) % due.length;
    }

    /** Whether one request is under way and no more. */
    final boolean isLast() {
        return count == 1;
    }

    // The oldest request moves to the place of the one that is over.
    private void release(int place) {
        if (place != first) {
            due[place] = due[first];
            sent[place] = sent[first];
            moved(first, place);
        }
        first = (first + 1) % due.length;
        count--;
    }

    /** A request will have no answer; the connection stays. */
    final void failedAt(int place, Failure why) {
        long when = due[place];
        release(place);
        worker.failed(why, when);
        link.deadline(count > 0 ? link.now() + worker.timeout() : Link.NEVER);
        if (keepAlive) {
            worker.free(this);
        } else {
            leaveConnection();
        }
    }

    /** The answer to the request at that place is complete. */
    final void answeredAt(int place, int statusClass, Next next) {
        long wasDue = due[place];
        long wasSent = sent[place];
        boolean wasFull = count == due.length;
        release(place);
        answeredOnce = true;
        worker.answered(wasDue, wasSent, statusClass);
        if (next == Next.ANOTHER && keepAlive) {
            link.deadline(count > 0 ? link.now() + worker.timeout() : Link.NEVER);
            if (wasFull) {
                worker.free(this);
            }
        } else if (next == Next.SERVER_CLOSES && count == 0) {
            finished = true;
            link.deadline(link.now() + Math.min(CLOSE_NANOS, worker.timeout()));
        } else {
            leaveConnection();
        }
    }

    /** Whether the next answer ends the connection, as the plan says. */
    final boolean isSingle() {
        return !keepAlive;
    }

    /** Ends the connection: nothing more is expected from it. */
    final void leaveConnection() {
        finished = true;
        link.close(CloseMode.NOW);
    }

    @Override
    public void inputClosed(Link from) {
        if (!finished) {
            readEnd();
        }
        from.close(CloseMode.NOW);
    }

    @Override
    public void expired(Link from) {
        timedOut = count > 0;
        from.close(CloseMode.NOW);
    }

    @Override
    public void closed(CloseCause why) {
        link = null;
        if (timedOut || garbled) {
            fail(timedOut ? Failure.TIMEOUT : Failure.GARBLED, count);
        } else {
            boolean inTheMiddle = !finished && isAnswering();
            fail(why == CloseCause.RESET ? Failure.RESET : Failure.CLOSED, inTheMiddle ? 1 : answeredOnce ? 0 : count);
        }
        if (!keepAlive) {
            worker.free(this);
        } else if (answeredOnce) {
            worker.reopen(this);
        } else {
            worker.again(this);
        }
    }

    private void fail(Failure why, int requests) {
        for (int i = Math.min(requests, count); i > 0; i--) {
            int place = first;
            first = (first + 1) % due.length;
            count--;
            worker.failed(why, due[place]);
        }
    }
}

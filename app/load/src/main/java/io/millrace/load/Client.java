// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Closing;
import io.millrace.core.Link;

/**
 * One client: asks over one connection at a time and makes a new one when that ends. When to ask is the
 * {@link Worker}'s business. On its loop only.
 */
abstract class Client extends Caller {
    private final boolean keepAlive;

    // The requests under way, oldest first: a ring. When each was due and when it was sent.
    private final long[] due;
    private final long[] sent;
    private int first;
    private int count;

    /** Whether it stands in the worker's queue of those that may ask. */
    boolean queued;

    private boolean opening;
    private boolean timedOut;
    private boolean garbled;
    private boolean answeredOnce;

    Client(Worker worker) {
        super(worker);
        LoadPlan.Clients clients = worker.plan().clients();
        this.keepAlive = clients.keepAlive();
        this.due = new long[clients.pipeline()];
        this.sent = new long[clients.pipeline()];
    }

    // ---- what is spoken

    /** A connection stands: whatever was under way on another is forgotten. */
    abstract void begin();

    /** Appends one request; returns its length. */
    abstract int write(Buffer out);

    /** Consumes input, and calls {@link #answered} for each whole answer; {@code false} if it makes no sense. */
    abstract boolean read(Buffer in);

    /** The peer sends nothing more: calls {@link #answered} if that is how an answer ends. */
    abstract void readEnd();

    // ---- what the worker says

    /** Whether one more request may be under way. */
    boolean isFree() {
        return count < due.length && (link != null || !keepAlive && !opening);
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
            send();
        }
    }

    private void send() {
        worker.sent(write(link.out()));
        link.flush();
        if (count == 1) {
            link.deadline(link.now() + worker.timeout());
        }
    }

    // ---- what the connection says

    @Override
    public void opened(Link opened) {
        opening = false;
        link = opened;
        timedOut = false;
        garbled = false;
        answeredOnce = false;
        begin();
        worker.connected();
        if (count > 0) {
            send();
        } else if (keepAlive) {
            worker.free(this);
        }
    }

    private void unreachable() {
        opening = false;
        fail(Failure.CONNECT);
        worker.again(this);
    }

    @Override
    public void receive(Buffer in, Link from) {
        int before = in.readable();
        boolean understood = read(in);
        worker.received(before - in.readable());
        if (!understood) {
            garbled = true;
            from.close(Closing.NOW);
        }
    }

    /** An answer is complete; {@code last} if the server closes after it. */
    final void answered(int status, boolean last) {
        if (count == 0) {
            garbled = true;
            link.close(Closing.NOW);
            return;
        }
        int place = first;
        boolean wasFull = count == due.length;
        first = (first + 1) % due.length;
        count--;
        answeredOnce = true;
        worker.answered(due[place], sent[place], status);
        link.deadline(count > 0 || last ? link.now() + worker.timeout() : Link.NEVER);
        if (!last && !keepAlive) {
            link.close(Closing.NOW);
        } else if (!last && wasFull) {
            worker.free(this);
        }
    }

    @Override
    public void ended(Link from) {
        readEnd();
        from.close(Closing.NOW);
    }

    @Override
    public void expired(Link from) {
        timedOut = count > 0;
        from.close(Closing.NOW);
    }

    @Override
    public void closed(CloseCause why) {
        link = null;
        fail(
                timedOut
                        ? Failure.TIMEOUT
                        : garbled ? Failure.GARBLED : why == CloseCause.RESET ? Failure.RESET : Failure.CLOSED);
        if (!keepAlive) {
            worker.free(this);
        } else if (answeredOnce) {
            worker.reopen(this);
        } else {
            worker.again(this);
        }
    }

    private void fail(Failure why) {
        while (count > 0) {
            int place = first;
            first = (first + 1) % due.length;
            count--;
            worker.failed(why, due[place]);
        }
    }
}

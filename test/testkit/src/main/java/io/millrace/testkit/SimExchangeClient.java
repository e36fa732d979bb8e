// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import java.util.Random;

/**
 * A client of a request protocol on the simulated kernel: sends what it has to say in pieces of any size, reads answers
 * in pieces of any size, sleeps, and, as its manner has it, breaks off or falls silent. What the bytes mean is for a
 * subclass.
 */
public abstract class SimExchangeClient extends SimClient {
    /** How a client behaves. */
    public enum Manner {
        /** Sends everything, reads everything. */
        KIND,
        /** Breaks off somewhere in the middle. */
        RUDE,
        /** Stops in the middle of something and waits: the server must end it in time. */
        SILENT
    }

    /** Longer than any time limit, with some patience: simulated time costs nothing. */
    private static final long PATIENCE = 200_000_000_000L;

    protected final Manner manner;

    /** Whether time may jump over a limit, so that the server may give up on this client. */
    protected final boolean lenient;

    protected final Buffer toSend = new Buffer();

    private final int port;
    private final byte[] scratch = new byte[8192];
    private boolean over;
    private boolean waiting;
    private boolean finished;

    /** A client of {@code port}; seven in ten are kind. */
    protected SimExchangeClient(Random random, boolean lenient, int port) {
        super(random);
        this.lenient = lenient;
        this.port = port;
        int choice = random.nextInt(10);
        this.manner = choice < 7 ? Manner.KIND : choice < 9 ? Manner.RUDE : Manner.SILENT;
    }

    /** Bytes of answers have come in. */
    protected abstract void received(byte[] bytes, int count);

    /** The server has ended the connection; {@code how} is what read returned. */
    protected abstract void ended(int how);

    /** Appends to {@link #toSend} what there is to say next; returns whether there was something. */
    protected boolean sayMore() {
        return false;
    }

    /** Returns whether nothing more will be said. */
    protected boolean hasSaidAll() {
        return true;
    }

    /** Returns whether every answer is there that was asked for. */
    protected abstract boolean hasAllAnswers();

    @Override
    protected final boolean done() {
        return over;
    }

    @Override
    protected final boolean step() {
        if (connection == null) {
            connect(port);
            return true;
        }
        if (random.nextInt(300) == 0) {
            sleep(random.nextInt(100_000_000));
            return true;
        }
        if (manner == Manner.RUDE && random.nextInt(40) == 0) {
            connection.reset();
            over = true;
            return true;
        }
        return random.nextBoolean() ? write() || read() : read() || write();
    }

    private boolean write() {
        if (toSend.isEmpty() && !sayMore()) {
            return finish();
        }
        int n = 1 + random.nextInt(Math.min(toSend.readable(), random.nextInt(5) == 0 ? 50_000 : 200));
        connection.send(toSend.array(), toSend.head(), n);
        toSend.consume(n);
        return true;
    }

    // A half-closed client still gets all its answers.
    private boolean finish() {
        if (manner != Manner.KIND || finished || !hasSaidAll() || random.nextInt(4) != 0) {
            return false;
        }
        finished = true;
        connection.finish();
        return true;
    }

    private boolean read() {
        int n = connection.read(scratch, 0, 1 + random.nextInt(scratch.length));
        if (n > 0) {
            received(scratch, n);
        } else if (n == 0) {
            return waitForTheServer();
        } else {
            over = true;
            ended(n);
        }
        return true;
    }

    /**
     * A silent client that has all its answers sleeps for longer than the server may wait for it, and then looks once
     * more.
     */
    private boolean waitForTheServer() {
        if (manner != Manner.SILENT || !toSend.isEmpty() || !connection.accepted() || !hasAllAnswers()) {
            return false;
        }
        if (waiting && !lenient) {
            throw new AssertionError("the server waits for ever for a silent client");
        }
        waiting = true;
        sleep(PATIENCE);
        return true;
    }
}

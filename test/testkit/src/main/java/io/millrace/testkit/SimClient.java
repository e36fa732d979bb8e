// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.util.Random;

/**
 * A client of the model: connects, sends, reads and checks, a step at a time, each step drawn by lot. Steps come
 * between the loop's waits, in the same thread.
 */
public abstract class SimClient {
    protected final Random random;
    protected SimConnection connection;

    /** When this client goes on, in simulated nanoseconds; before that it does nothing. */
    private long asleepUntil;

    protected SimKernel kernel;

    /** A client that draws its lots from {@code random}. */
    protected SimClient(Random random) {
        this.random = random;
    }

    /** Connects to a port. */
    protected final void connect(int port) {
        connection = kernel.connect(port);
    }

    /** Does nothing for a while. */
    protected final void sleep(long nanos) {
        asleepUntil = kernel.nanos() + nanos;
    }

    final boolean asleep() {
        return asleepUntil > kernel.nanos();
    }

    final long asleepUntil() {
        return asleepUntil;
    }

    /**
     * Does something, if there is something to do: returns whether it did. Throws AssertionError when an answer is
     * wrong.
     */
    protected abstract boolean step();

    /** Whether this client has come to its end. */
    protected abstract boolean done();
}

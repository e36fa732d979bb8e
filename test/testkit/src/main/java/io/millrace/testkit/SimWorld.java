// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.util.ArrayList;
import java.util.List;

/** Everything outside the server: clients and what is on the wire. Moves when the loop waits. */
final class SimWorld {
    private static final int MOVES = 8;
    private static final long LONGEST_JUMP = 200_000_000_000L;

    /** How many waits that do not wait may follow one another before it is called a spin. */
    private static final int SPIN = 20_000;

    private final SimKernel kernel;
    final List<SimClient> clients = new ArrayList<>();
    private int waits;
    private long movesAtLastWait;

    SimWorld(SimKernel kernel) {
        this.kernel = kernel;
    }

    boolean done() {
        return clients.stream().allMatch(SimClient::done);
    }

    /** The loop waits once more: it must not do so for ever while nothing moves. */
    void waits() {
        if (kernel.moves != movesAtLastWait) {
            movesAtLastWait = kernel.moves;
            waits = 0;
        }
        kernel.check(++waits < SPIN, "the loop spins");
    }

    /** Some moves, drawn by lot; {@code false} if nothing in the world can move. */
    boolean move() {
        if (kernel.faults.happens(kernel.faults.timeJump)) {
            kernel.pass(1 + Math.floorMod(kernel.faults.random.nextLong(), LONGEST_JUMP));
        }
        kernel.pass(kernel.faults.random.nextInt(20_000));
        int wanted = 1 + kernel.faults.random.nextInt(MOVES);
        for (int i = 0; i < wanted; i++) {
            if (!moveOne()) {
                return i > 0;
            }
        }
        return true;
    }

    private boolean moveOne() {
        if (kernel.attempting() && kernel.faults.random.nextBoolean() && kernel.moveAttempt()) {
            kernel.moves++;
            return true;
        }
        int start = kernel.faults.random.nextInt(Math.max(1, clients.size()));
        for (int i = 0; i < clients.size(); i++) {
            SimClient client = clients.get((start + i) % clients.size());
            if (client.connection != null && kernel.faults.random.nextBoolean() && client.connection.arrive()) {
                kernel.moves++;
                return true;
            }
            if (!client.done() && !client.asleep() && step(client)) {
                kernel.moves++;
                return true;
            }
            if (client.connection != null && client.connection.arrive()) {
                kernel.moves++;
                return true;
            }
        }
        return kernel.roomAgain() || kernel.moveAttempt();
    }

    private boolean step(SimClient client) {
        try {
            return client.step();
        } catch (AssertionError e) {
            throw kernel.failed(e);
        }
    }

    /** Nothing moves: time passes until the wait ends or a client wakes. */
    void sleep(long end) {
        long next = end;
        for (SimClient client : clients) {
            if (!client.done() && client.asleep()) {
                next = Math.min(next, client.asleepUntil());
            }
        }
        kernel.check(next != Long.MAX_VALUE, "everybody waits for somebody else: " + describe());
        kernel.pass(Math.max(1, next - kernel.nanos()));
    }

    private String describe() {
        StringBuilder text = new StringBuilder();
        for (SimClient client : clients) {
            if (!client.done()) {
                text.append(client).append(" on ").append(client.connection).append("; ");
            }
        }
        return text.toString();
    }
}

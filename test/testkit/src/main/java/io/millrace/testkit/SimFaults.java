// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.util.Random;

/**
 * How unkind a simulated kernel is: one in so many for each fault, 0 for never. Drawn from a seed, so that schedules
 * differ in character: some are all short writes, some all resets, some nearly calm.
 */
public final class SimFaults {
    final Random random;
    final int interrupted;
    final int spurious;
    final int shortSend;
    final int abortedAccept;
    final int exhausted;
    final int slowArrival;
    final int timeJump;

    /** Whether what breaks a connection off may overtake what was sent before, which is lost then. */
    final boolean overtaking;

    final int receiveWindow;
    final int sendWindow;

    /** How many entries the queues of a ring have at most. */
    final int submissions;

    final int completions;

    /** Whether a ring's buffers can be filled in parts (Linux 6.12). */
    final boolean incremental;

    /** Whether a ring takes notice later of some of what has happened. */
    final boolean delays;

    /** Whether each of those that something has happened to has its turn now and then before all others. */
    final boolean fair;

    /** Whether the kernel knows that a socket is empty and does not try a receive once more. */
    final boolean knowsEmpty;

    /** Whether an accept can go on. */
    final boolean multishotAccept;

    /** The faults of a seed. */
    public SimFaults(long seed) {
        // Neighbouring seeds give Random neighbouring first draws: mixed, they do not.
        random = new Random(seed * 0x9e3779b97f4a7c15L ^ seed >>> 17);
        interrupted = oneOf(0, 0, 50, 7);
        spurious = oneOf(0, 0, 20, 4);
        shortSend = oneOf(0, 10, 2);
        abortedAccept = oneOf(0, 0, 10, 3);
        exhausted = oneOf(0, 0, 0, 10, 3);
        slowArrival = oneOf(0, 3, 2);
        timeJump = oneOf(0, 0, 0, 0, 300);
        overtaking = true;
        receiveWindow = oneOf(1 << 16, 1 << 18, 1000, 37);
        sendWindow = oneOf(1 << 17, 1 << 14, 500, 23);
        // Drawn apart: schedules over a poller stay what they were.
        Random ofRings = new Random(seed * 0x9e3779b97f4a7c15L);
        submissions = 1 << ofRings.nextInt(1, 8);
        completions = 1 << ofRings.nextInt(1, 10);
        incremental = ofRings.nextBoolean();
        multishotAccept = ofRings.nextInt(8) > 0;
        fair = ofRings.nextInt(3) > 0;
        delays = ofRings.nextBoolean();
        knowsEmpty = ofRings.nextBoolean();
    }

    private SimFaults(long seed, int window) {
        random = new Random(seed);
        interrupted = 0;
        spurious = 0;
        shortSend = 0;
        abortedAccept = 0;
        exhausted = 0;
        slowArrival = 0;
        timeJump = 0;
        overtaking = false;
        receiveWindow = window;
        sendWindow = window;
        submissions = 1 << 10;
        completions = 1 << 12;
        incremental = true;
        multishotAccept = true;
        fair = false;
        delays = false;
        knowsEmpty = true;
    }

    /** No faults at all: for tests of what is measured, not of what is survived. */
    static SimFaults none(long seed) {
        return new SimFaults(seed, 1 << 16);
    }

    private int oneOf(int... choices) {
        return choices[random.nextInt(choices.length)];
    }

    boolean happens(int oneIn) {
        return oneIn > 0 && random.nextInt(oneIn) == 0;
    }

    /** Whether time may jump so far that limits pass: clients must put up with being dropped. */
    public boolean jumps() {
        return timeJump > 0;
    }

    @Override
    public String toString() {
        return "faults[interrupted 1/" + interrupted + ", spurious 1/" + spurious + ", short send 1/" + shortSend
                + ", aborted accept 1/" + abortedAccept + ", exhausted 1/" + exhausted + ", slow arrival 1/"
                + slowArrival
                + ", time jump 1/" + timeJump + ", windows " + receiveWindow + " and " + sendWindow + ", queues "
                + submissions + " and "
                + completions + (incremental ? ", buffers in parts" : "") + "]";
    }
}

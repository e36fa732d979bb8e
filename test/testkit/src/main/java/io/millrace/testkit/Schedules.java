// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

/**
 * Plays many schedules of the simulated kernel, a seed each. {@code -Dsim.seed=N} plays that one only, exactly as it
 * was; {@code -Dsim.schedules=N} plays that many instead of the usual number.
 */
public final class Schedules {
    private Schedules() {}

    /** One schedule: builds a {@link SimKernel} from the seed, plays it and checks what came of it. */
    @FunctionalInterface
    public interface Schedule {
        void play(long seed) throws Exception;
    }

    /** Plays schedules until one fails, and then says which. */
    public static void play(int usual, Schedule schedule) {
        Long only = Long.getLong("sim.seed");
        if (only != null) {
            playOne(only, schedule);
            return;
        }
        int count = Integer.getInteger("sim.schedules", usual);
        for (long seed = 1; seed <= count; seed++) {
            playOne(seed, schedule);
        }
    }

    private static void playOne(long seed, Schedule schedule) {
        try {
            schedule.play(seed);
        } catch (Throwable t) {
            throw new AssertionError(
                    "schedule " + seed + " failed; play it again with -Dsim.seed=" + seed + ": " + t.getMessage() + "; "
                            + new SimFaults(seed),
                    t);
        }
    }
}

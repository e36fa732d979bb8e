// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** Gives back what others have lent: their code runs, and its failure is theirs. */
final class Release {
    private static final GuardedLog LOG = new GuardedLog("io.millrace.core");

    private Release() {}

    /** Runs {@code task}; what it throws goes to the log, under {@code what}. */
    static void quietly(Runnable task, String what) {
        try {
            task.run();
        } catch (Throwable t) {
            LOG.log(System.Logger.Level.ERROR, what, t);
        }
    }
}

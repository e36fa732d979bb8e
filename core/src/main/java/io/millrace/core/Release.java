// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

/** Gives back what others have lent: their code runs, and its failure is theirs. */
final class Release {
    private Release() {}

    /** Runs {@code task}; what it throws goes to the log, under {@code what}. */
    static void quietly(Runnable task, String what) {
        try {
            task.run();
        } catch (Throwable t) {
            report(what, t);
        }
    }

    private static void report(String what, Throwable thrown) {
        try {
            System.getLogger("io.millrace.core").log(System.Logger.Level.ERROR, what, thrown);
        } catch (Throwable t) {
            System.err.println(what);
        }
    }
}

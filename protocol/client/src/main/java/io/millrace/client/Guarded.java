// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.GuardedLog;
import java.lang.System.Logger.Level;

/** Runs what callers bring: what it throws goes to the log, and to no other call. */
final class Guarded {
    private static final GuardedLog LOG = new GuardedLog("io.millrace.client");

    private Guarded() {}

    static void run(Runnable task) {
        try {
            task.run();
        } catch (Throwable t) {
            failed(t);
        }
    }

    static void failed(Throwable t) {
        LOG.log(Level.ERROR, "a callback of the HTTP client failed", t);
    }
}

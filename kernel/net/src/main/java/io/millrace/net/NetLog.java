// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.GuardedLog;

/** The room's log. */
final class NetLog {
    private static final GuardedLog LOG = new GuardedLog("io.millrace.net");

    private NetLog() {}

    static void error(String message, Throwable thrown) {
        LOG.log(System.Logger.Level.ERROR, message, thrown);
    }
}

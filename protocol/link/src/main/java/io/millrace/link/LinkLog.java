// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.GuardedLog;

/** The room's log. */
final class LinkLog {
    private static final GuardedLog LOG = new GuardedLog("io.millrace.link");

    private LinkLog() {}

    static void error(String message, Throwable thrown) {
        LOG.log(System.Logger.Level.ERROR, message, thrown);
    }
}

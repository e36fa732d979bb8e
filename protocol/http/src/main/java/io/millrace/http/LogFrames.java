// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * Cuts stack traces for the log where the application's own frames end: below a handler stand some twenty frames of the
 * server, the same each time. With the system property {@code io.millrace.http.debug} nothing is cut.
 */
final class LogFrames {
    // By name, not by class: nothing here depends on an exchange.
    private static final Set<String> SERVER = Set.of("io.millrace.http.Exchange", "io.millrace.http.ExchangeBody");

    private LogFrames() {}

    /** Cuts the traces of an exception and of its causes, and returns it. */
    static Throwable cut(Throwable error) {
        if (!Boolean.getBoolean("io.millrace.http.debug")) {
            Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
            for (Throwable at = error; at != null && seen.add(at); at = at.getCause()) {
                cutOne(at);
            }
        }
        return error;
    }

    private static void cutOne(Throwable error) {
        StackTraceElement[] frames = error.getStackTrace();
        int end = 0;
        while (end < frames.length && !isServer(frames[end])) {
            end++;
        }
        int left = frames.length - end;
        if (end == 0 || left < 2) {
            return;
        }
        StackTraceElement[] cut = Arrays.copyOf(frames, end + 1);
        cut[end] = new StackTraceElement("millrace", "server", left + " frames left out", -1);
        error.setStackTrace(cut);
    }

    private static boolean isServer(StackTraceElement frame) {
        return SERVER.contains(frame.getClassName());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.http.Headers;

/**
 * How long a server says that it keeps a connection: {@code Keep-Alive: timeout=5, max=100}, in no standard and sent by
 * many.
 */
final class KeepAlive {
    private static final long SECOND = 1_000_000_000L;

    /** The server counts from when it has sent, the client from when it has received. */
    private static final long MARGIN = SECOND / 2;

    private static final int LONGEST = 6;

    private KeepAlive() {}

    /**
     * Returns the time to keep a connection in nanoseconds: {@code usual}, or less where the server keeps it shorter.
     */
    static long nanos(Headers headers, long usual) {
        String value = headers.has("Keep-Alive") ? headers.first("Keep-Alive") : null;
        if (value == null) {
            return usual;
        }
        long seconds = parameter(value, "timeout=");
        if (seconds < 0) {
            return usual;
        }
        return Math.min(usual, Math.max(1, seconds * SECOND - MARGIN));
    }

    /** Returns the number behind a name, -1 if there is none. */
    private static long parameter(String value, String name) {
        int at = value.toLowerCase(java.util.Locale.ROOT).indexOf(name);
        if (at < 0) {
            return -1;
        }
        int from = at + name.length();
        int to = from;
        while (to < value.length() && to - from < LONGEST && Character.digit(value.charAt(to), 10) >= 0) {
            to++;
        }
        return to == from ? -1 : Long.parseLong(value, from, to, 10);
    }
}

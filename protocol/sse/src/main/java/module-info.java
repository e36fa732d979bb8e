// SPDX-License-Identifier: Apache-2.0

/** Server-sent events, whatever wire carries them. */
module io.millrace.sse {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;

    exports io.millrace.sse;
}

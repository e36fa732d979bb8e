// SPDX-License-Identifier: Apache-2.0

/** The meaning of HTTP, whatever wire carries it. */
module io.millrace.http {
    requires static org.jspecify;
    requires transitive io.millrace.core;

    exports io.millrace.http;
}

// SPDX-License-Identifier: Apache-2.0

/** Filters that most applications need. */
module io.millrace.filters {
    requires transitive io.millrace.http;
    requires static org.jspecify;

    exports io.millrace.filters;
}

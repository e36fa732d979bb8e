// SPDX-License-Identifier: Apache-2.0

/** TLS 1.2 and 1.3 as a layer that does no I/O. */
module io.millrace.tls {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.link;

    exports io.millrace.tls;
}

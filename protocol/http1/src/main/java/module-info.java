// SPDX-License-Identifier: Apache-2.0

/** HTTP/1.1 on the wire, as a protocol that does no I/O. */
@SuppressWarnings("module") // the digit is the protocol's version
module io.millrace.http1 {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;

    exports io.millrace.http1;
}

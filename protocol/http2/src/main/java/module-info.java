// SPDX-License-Identifier: Apache-2.0

/** HTTP/2 on the wire, as a protocol that does no I/O. */
@SuppressWarnings("module") // the digit is the protocol's version
module io.millrace.http2 {
    requires transitive io.millrace.core;
    requires io.millrace.link;
    requires transitive io.millrace.http;

    exports io.millrace.http2;
}

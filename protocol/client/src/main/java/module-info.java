// SPDX-License-Identifier: Apache-2.0

/** An HTTP/1.1 client on the event loop: pools, time limits, back-pressure. */
module io.millrace.client {
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;
    requires io.millrace.http1;

    exports io.millrace.client;
}

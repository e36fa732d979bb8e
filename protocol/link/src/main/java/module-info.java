// SPDX-License-Identifier: Apache-2.0

/** What links share: flow control, and layers between a link and a protocol. */
module io.millrace.link {
    requires transitive io.millrace.core;

    exports io.millrace.link;
}

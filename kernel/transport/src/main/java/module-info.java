// SPDX-License-Identifier: Apache-2.0

/** Connections on an event loop: moves bytes between the kernel and protocols, of which it knows none. */
module io.millrace.transport {
    requires transitive io.millrace.core;
    requires io.millrace.link;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;
    requires transitive io.millrace.socket;
    requires io.millrace.ring;
    requires io.millrace.fs;
    requires transitive io.millrace.loop;

    exports io.millrace.transport;
}

// SPDX-License-Identifier: Apache-2.0

/** What a user of sockets sees: names, connecting, datagrams, Unix sockets. */
module io.millrace.net {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.link;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;
    requires transitive io.millrace.socket;
    requires transitive io.millrace.transport;
    requires transitive io.millrace.loop;

    exports io.millrace.net;
}

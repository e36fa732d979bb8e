// SPDX-License-Identifier: Apache-2.0

/** The calls on sockets, behind one door that a simulated kernel can stand in for; knows no loop and no connection. */
module io.millrace.socket {
    requires static org.jspecify;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;
    requires transitive io.millrace.ring;

    exports io.millrace.socket;
}

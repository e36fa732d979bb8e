// SPDX-License-Identifier: Apache-2.0

/** Moves bytes between the kernel and connections; knows no protocol. */
module io.millrace.loop {
    requires transitive io.millrace.core;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;
    requires io.millrace.ring;

    exports io.millrace.loop;
}

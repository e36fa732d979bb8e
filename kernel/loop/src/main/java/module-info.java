// SPDX-License-Identifier: Apache-2.0

/** The event loop: descriptors, timers, tasks and priorities on one thread; knows no connection. */
module io.millrace.loop {
    requires static org.jspecify;
    requires io.millrace.core;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;
    requires transitive io.millrace.socket;

    exports io.millrace.loop;
}

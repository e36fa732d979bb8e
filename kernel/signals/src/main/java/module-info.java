// SPDX-License-Identifier: Apache-2.0

/** Events that are not on descriptors: signals, child processes, and what Flight Recorder sees of a loop. */
module io.millrace.signals {
    requires static org.jspecify;
    requires io.millrace.sys;
    requires transitive io.millrace.loop;
    requires jdk.jfr;
    // sun.misc.Signal: there is no other way to a signal that leaves HotSpot its own handlers.
    requires jdk.unsupported;

    exports io.millrace.signals;
}

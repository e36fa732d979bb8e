// SPDX-License-Identifier: Apache-2.0

/** Worker processes: started, supervised, replaced, counted. */
module io.millrace.workers {
    requires static org.jspecify;
    requires io.millrace.core;
    requires io.millrace.poll;
    requires transitive io.millrace.socket;
    requires io.millrace.sys;
    requires transitive io.millrace.transport;

    exports io.millrace.workers;
}

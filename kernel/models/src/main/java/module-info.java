// SPDX-License-Identifier: Apache-2.0

/** Every way in which a Unix process can wait for its clients, each as a server, chosen by name. */
module io.millrace.models {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.transport;
    requires transitive io.millrace.loop;
    requires transitive io.millrace.workers;
    requires io.millrace.fs;
    requires io.millrace.poll;
    requires io.millrace.socket;
    requires io.millrace.sys;

    exports io.millrace.models;
}

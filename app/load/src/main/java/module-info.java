// SPDX-License-Identifier: Apache-2.0

/** A load generator on the event loop. */
module io.millrace.load {
    requires transitive io.millrace.core;
    requires io.millrace.transport;
    requires io.millrace.loop;
    requires io.millrace.net;
    requires io.millrace.http;
    requires io.millrace.http1;
    requires transitive io.millrace.tls;
    requires transitive HdrHistogram;
    requires com.fasterxml.jackson.jr.ob;
    requires java.management;

    exports io.millrace.load;
}

// SPDX-License-Identifier: Apache-2.0

/** Millrace under the JDK's API for HTTP servers, found as a service. */
module io.millrace.httpserver {
    requires transitive jdk.httpserver;
    requires io.millrace.core;
    requires io.millrace.sys;
    requires io.millrace.tls;
    requires io.millrace.http;
    requires io.millrace.http1;
    requires io.millrace.transport;
    requires io.millrace.models;

    exports io.millrace.httpserver;

    provides com.sun.net.httpserver.spi.HttpServerProvider with
            io.millrace.httpserver.MillraceHttpServerProvider;
}

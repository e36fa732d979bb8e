// SPDX-License-Identifier: Apache-2.0

/** Tests of web applications, without a network or over sockets. */
module io.millrace.webtest {
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;
    requires io.millrace.client;
    requires transitive io.millrace.web;
    requires static org.jspecify;

    exports io.millrace.webtest;
}

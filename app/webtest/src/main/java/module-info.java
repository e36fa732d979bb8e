// SPDX-License-Identifier: Apache-2.0

/** Tests of web applications without a network. */
module io.millrace.webtest {
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;
    requires transitive io.millrace.web;
    requires static org.jspecify;

    exports io.millrace.webtest;
}

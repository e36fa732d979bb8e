// SPDX-License-Identifier: Apache-2.0

/** The web server: HTTP protocols wired to event loops, access log and statistics. */
module io.millrace.web {
    requires transitive io.millrace.core;
    requires transitive io.millrace.link;
    requires transitive io.millrace.http;
    requires io.millrace.http1;
    requires transitive io.millrace.websocket;
    requires transitive io.millrace.sse;
    requires transitive io.millrace.forms;
    requires transitive io.millrace.filters;
    requires transitive io.millrace.compress;
    requires io.millrace.zstd;
    requires transitive io.millrace.http2;
    requires transitive io.millrace.fileserver;
    requires transitive io.millrace.client;
    requires transitive io.millrace.tls;
    requires io.millrace.openssl;
    requires transitive io.millrace.net;
    requires transitive io.millrace.transport;
    requires transitive io.millrace.loop;
    requires transitive io.millrace.fs;
    requires transitive io.millrace.models;

    exports io.millrace.web;
}

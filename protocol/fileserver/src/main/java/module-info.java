// SPDX-License-Identifier: Apache-2.0

/** Files and folders over HTTP, wherever they lie. */
module io.millrace.fileserver {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;

    exports io.millrace.fileserver;
}

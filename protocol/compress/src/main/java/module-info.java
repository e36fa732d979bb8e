// SPDX-License-Identifier: Apache-2.0

/** Content codings of HTTP on the fly, whatever wire carries them. */
module io.millrace.compress {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires transitive io.millrace.http;

    exports io.millrace.compress;
}

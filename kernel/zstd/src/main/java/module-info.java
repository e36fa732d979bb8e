// SPDX-License-Identifier: Apache-2.0

/** Compression by the system's libzstd, where it is there. */
module io.millrace.zstd {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires io.millrace.sys;

    exports io.millrace.zstd;
}

// SPDX-License-Identifier: Apache-2.0

/** Folders out of which no name leads, through descriptors or java.nio.file. */
module io.millrace.fs {
    requires static org.jspecify;
    requires transitive io.millrace.core;
    requires io.millrace.sys;
    requires transitive io.millrace.loop;

    exports io.millrace.fs;
}

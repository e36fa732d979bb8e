// SPDX-License-Identifier: Apache-2.0

/** Folders and files through descriptors: no name leads out. */
module io.millrace.fs {
    requires transitive io.millrace.core;
    requires io.millrace.sys;

    exports io.millrace.fs;
}

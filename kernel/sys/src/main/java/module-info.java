// SPDX-License-Identifier: Apache-2.0

/** The cellar: one class per family of system calls, the only room that needs native access. */
module io.millrace.sys {
    requires static org.jspecify;

    exports io.millrace.sys;
}

// SPDX-License-Identifier: Apache-2.0

/** What tests share. */
module io.millrace.testkit {
    requires transitive io.millrace.core;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;

    exports io.millrace.testkit;
}

// SPDX-License-Identifier: Apache-2.0

/** What tests share. */
module io.millrace.testkit {
    requires transitive io.millrace.core;
    requires io.millrace.link;
    requires io.millrace.sys;
    requires transitive io.millrace.poll;
    requires io.millrace.ring;
    requires transitive io.millrace.socket;
    requires java.logging;
    requires transitive org.junit.jupiter.api;

    exports io.millrace.testkit;

    provides org.junit.jupiter.api.extension.Extension with
            io.millrace.testkit.LogWatch;
}

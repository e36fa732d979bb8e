// SPDX-License-Identifier: Apache-2.0

/** The millrace command. */
module io.millrace.cli {
    requires io.millrace.models;
    requires io.millrace.sys;
    requires io.millrace.fileserver;
    requires io.millrace.compress;
    requires io.millrace.web;
    // Only where --acme is given.
    requires static io.millrace.acme;
    requires io.millrace.load;
    requires io.millrace.lab;
    requires info.picocli;
    requires com.fasterxml.jackson.jr.ob;
    requires java.management;
    // For sun.misc.Signal.
    requires jdk.unsupported;
}

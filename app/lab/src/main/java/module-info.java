// SPDX-License-Identifier: Apache-2.0

/** The same work over every I/O model, measured and drawn. */
module io.millrace.lab {
    requires io.millrace.load;
    requires io.millrace.poll;
    requires io.millrace.socket;
    requires io.millrace.sys;
    requires io.millrace.workers;
    requires com.fasterxml.jackson.jr.ob;

    exports io.millrace.lab;
}

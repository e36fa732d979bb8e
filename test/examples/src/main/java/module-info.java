// SPDX-License-Identifier: Apache-2.0

/** Small programs that show what Millrace can do. */
module io.millrace.examples {
    requires io.millrace.core;
    requires io.millrace.transport;
    requires io.millrace.loop;
    requires io.millrace.fs;
    requires io.millrace.net;
    requires io.millrace.poll;
    requires io.millrace.socket;
    requires io.millrace.sys;
    requires io.millrace.web;
}

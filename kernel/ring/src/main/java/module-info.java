// SPDX-License-Identifier: Apache-2.0

/** A ring of io_uring(7): entries handed over, completions taken; knows no connection. */
module io.millrace.ring {
    requires static org.jspecify;
    requires io.millrace.sys;

    exports io.millrace.ring;
}

// SPDX-License-Identifier: Apache-2.0

/** What browsers send by forms. */
module io.millrace.forms {
    requires transitive io.millrace.http;
    requires static org.jspecify;

    exports io.millrace.forms;
}

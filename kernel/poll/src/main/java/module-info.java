// SPDX-License-Identifier: Apache-2.0

/** Says which descriptors are ready; knows descriptors, interests and tokens, nothing else. */
module io.millrace.poll {
    requires static org.jspecify;
    requires io.millrace.sys;

    exports io.millrace.poll;
}

// SPDX-License-Identifier: Apache-2.0

/** The foundation: bytes, protocols and what carries them. Knows no system call and no RFC. */
module io.millrace.core {
    requires static org.jspecify;

    exports io.millrace.core;
}

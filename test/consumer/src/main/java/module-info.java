// SPDX-License-Identifier: Apache-2.0

/** The README's first program as a module. */
module hello {
    requires io.millrace.web;
}

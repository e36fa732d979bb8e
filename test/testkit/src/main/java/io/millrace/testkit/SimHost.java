// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.sys.Errno;

/** What happens to a client that connects to an address of the simulated world. */
public enum SimHost {
    /** Accepts, after a while. */
    ACCEPTS(0),

    /** No socket listens: refuses, after a while. */
    REFUSES(-Errno.ECONNREFUSED),

    /** No way there: known at once. */
    NO_ROUTE(-Errno.ENETUNREACH),

    /** A router says that there is no way, after a while. */
    UNREACHABLE(-Errno.EHOSTUNREACH),

    /** No answer ever comes. */
    SILENT(-Errno.EINPROGRESS);

    final int outcome;

    SimHost(int outcome) {
        this.outcome = outcome;
    }
}

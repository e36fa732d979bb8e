// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.sys.Errno;

/** What happens to whoever connects to an address of the simulated world. */
public enum SimHost {
    /** Accepts, after a while. */
    ACCEPTS(0),

    /** Nobody listens: refuses, after a while. */
    REFUSES(-Errno.ECONNREFUSED),

    /** No way there: known at once. */
    NO_ROUTE(-Errno.ENETUNREACH),

    /** A router says that there is no way, after a while. */
    UNREACHABLE(-Errno.EHOSTUNREACH),

    /** Nobody answers, ever. */
    SILENT(-Errno.EINPROGRESS);

    final int outcome;

    SimHost(int outcome) {
        this.outcome = outcome;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.CloseCause;
import io.millrace.sys.Errno;

/**
 * What an error of a socket means for its connection. Apart from the drivers, for a worker process that serves one
 * client has none.
 */
final class Causes {
    private Causes() {}

    /** The cause for which a connection ends whose call returned {@code result}, which is -errno. */
    static CloseCause of(int result) {
        return switch (-result) {
            case Errno.ECONNRESET, Errno.EPIPE, Errno.ECONNABORTED -> CloseCause.RESET;
            case Errno.ETIMEDOUT, Errno.EHOSTUNREACH, Errno.ENETUNREACH, Errno.ENETDOWN -> CloseCause.UNREACHABLE;
            default -> CloseCause.FAILED;
        };
    }
}

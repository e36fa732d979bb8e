// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.io.IOException;

/**
 * Says that reading or writing failed by the client's doing: it went away, was too slow, or sent what cannot be read. A
 * handler that lets it pass has not failed, whether it throws it as it is or as the cause of something else.
 */
final class ClientAbortException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final int DEEPEST = 16;

    ClientAbortException(String message) {
        super(message);
    }

    /** The same failure as the thread that waited for the client sees it. */
    ClientAbortException(ClientAbortException cause) {
        super(cause.getMessage(), cause);
    }

    /** Whether {@code e}, or what caused it, is the client's doing. */
    static boolean isCauseOf(Throwable e) {
        Throwable cause = e;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            if (cause instanceof ClientAbortException) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }
}

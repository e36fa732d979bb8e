// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.HttpException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A body cannot be decompressed, or not within its limit: what reads of it throw, and the status to answer with. */
final class UndecodableBodyException extends IOException {
    private static final long serialVersionUID = 1;
    private static final int DEEPEST = 8;

    private final int status;

    UndecodableBodyException(int status, @Nullable String message) {
        super(message);
        this.status = status;
    }

    /** Returns the answer that {@code e} stands for, if it or what caused it is of this kind; else {@code e}. */
    static Throwable answer(Throwable e) {
        Throwable cause = e;
        for (int depth = 0; cause != null && depth < DEEPEST; depth++) {
            if (cause instanceof UndecodableBodyException undecodable) {
                return new HttpException(undecodable.status, String.valueOf(undecodable.getMessage()));
            }
            cause = cause.getCause();
        }
        return e;
    }
}

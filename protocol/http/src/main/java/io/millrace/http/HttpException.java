// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/** Thrown by a handler to answer with a status. The message is shown to the client. */
public final class HttpException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    /** An answer with that status and its reason phrase as text. */
    public HttpException(int status) {
        this(status, Status.reason(status));
    }

    /** An answer with that status and a text for the client. */
    public HttpException(int status, String message) {
        super(message, null, false, false);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("not an error status: " + status);
        }
        this.status = status;
    }

    /** The status code, 400 to 599. */
    public int status() {
        return status;
    }
}

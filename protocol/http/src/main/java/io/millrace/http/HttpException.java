// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

/**
 * Answers a request with an error status when a handler, a filter or a reader of a body throws it. The message goes to
 * the client; nothing is logged.
 */
public final class HttpException extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;

    /**
     * Makes an answer with a status and its reason phrase as text.
     *
     * @param status 400 to 599
     * @throws IllegalArgumentException for another status
     */
    public HttpException(int status) {
        this(status, Status.reason(status));
    }

    /**
     * Makes an answer with a status and a text for the client.
     *
     * @param status 400 to 599
     * @throws IllegalArgumentException for another status
     */
    public HttpException(int status, String message) {
        super(message, null, false, false);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("not an error status: " + status);
        }
        this.status = status;
    }

    /** Returns the status, 400 to 599. */
    public int status() {
        return status;
    }
}

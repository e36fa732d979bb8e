// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.io.IOException;

/**
 * A system call has failed at start-up, or elsewhere where the program cannot go on. The message names the call, what
 * it was tried on, and the error.
 */
public final class SysException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    /**
     * Describes a failed call.
     *
     * @param call the name of the system call
     * @param errno the error number, with either sign
     * @param subject what it was tried on, such as an address or a path
     */
    public SysException(String call, int errno, Object subject) {
        super(call + " " + subject + ": " + Errno.describe(errno));
        this.call = call;
        this.errno = Math.abs(errno);
    }

    /** Returns the name of the system call. */
    public String call() {
        return call;
    }

    /** Returns the error number, positive. */
    public int errno() {
        return errno;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.sys;

import java.io.IOException;

/** A system call failed at start-up or in another place where there is no way on. Says what was tried. */
public final class SysException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String call;
    private final int errno;

    /**
     * A failed call.
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

    /** The name of the system call. */
    public String call() {
        return call;
    }

    /** The error number, positive. */
    public int errno() {
        return errno;
    }
}

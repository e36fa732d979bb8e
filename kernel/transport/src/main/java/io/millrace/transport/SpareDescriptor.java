// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.socket.Kernel;

/**
 * A descriptor held in reserve: given up for the length of a log line when the process has none left, for a logging
 * system may have to open files when it is first used.
 */
final class SpareDescriptor {
    private final Kernel kernel;
    private int fd;

    SpareDescriptor(Kernel kernel) {
        this.kernel = kernel;
        this.fd = kernel.reserveDescriptor();
    }

    /** Gives it up. */
    void release() {
        if (fd >= 0) {
            kernel.close(fd);
            fd = -1;
        }
    }

    /** Takes one again, if there is none in reserve. */
    void restore() {
        fd = fd < 0 ? kernel.reserveDescriptor() : fd;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.socket.Kernel;

/** Output that lies in a pipe: bytes that never come to the heap. */
interface PipedBytes {

    /** Sends up to {@code most} bytes of it: bytes or -errno. */
    long drain(Kernel kernel, long most, boolean more);

    /** So many bytes have left. */
    void left(long count);

    /** All of it has left, or never will. */
    void release();
}

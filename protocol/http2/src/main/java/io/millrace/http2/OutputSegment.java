// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.OpenFile;

/**
 * A part of what waits to be sent on a stream: bytes that were copied into the stream's buffer, bytes that never
 * change, or part of a file.
 */
final class OutputSegment {
    /** The bytes that never change, or {@code null}. */
    byte[] bytes;

    /** The file, or {@code null}; with neither the bytes are in the stream's buffer. */
    OpenFile file;

    /** Where the part begins, in the array or in the file. */
    long from;

    /** Number of bytes that are left. */
    long left;

    OutputSegment next;

    /** Lets go of what the segment holds. */
    void drop() {
        if (file != null) {
            file.close();
        }
        bytes = null;
        file = null;
    }
}

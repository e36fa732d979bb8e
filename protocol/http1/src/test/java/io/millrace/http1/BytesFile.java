// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;

/** A file in memory that knows whether it was closed. */
final class BytesFile extends OpenFile {
    private final byte[] bytes;
    boolean released;

    BytesFile(byte[] bytes) {
        super(FileInfo.ofSize("f", bytes.length));
        this.bytes = bytes;
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) {
        if (released) {
            throw new IllegalStateException("read after close");
        }
        int count = (int) Math.min(length, bytes.length - position);
        if (count <= 0) {
            return -1;
        }
        System.arraycopy(bytes, (int) position, into, offset, count);
        return count;
    }

    @Override
    protected void release() {
        released = true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Files;
import io.millrace.sys.SysException;
import java.io.IOException;

/** A file by its descriptor: what sendfile(2) takes. */
public final class KernelFile extends OpenFile {
    private final int fd;

    KernelFile(int fd, FileInfo info) {
        super(info);
        this.fd = fd;
    }

    /** Returns the descriptor, which stays the file's. */
    public int descriptor() {
        return fd;
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) throws IOException {
        int n = Files.pread(fd, into, offset, length, position);
        if (n < 0) {
            throw new SysException("pread", n, info().name());
        }
        return n == 0 && length > 0 ? -1 : n;
    }

    @Override
    protected void release() {
        Descriptors.close(fd);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.fs;

import io.millrace.core.FileInfo;
import io.millrace.core.OpenFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** An open file of a {@link NioDirectory}. */
final class NioFile extends OpenFile {
    private final FileChannel channel;

    NioFile(FileInfo info, FileChannel channel) {
        super(info);
        this.channel = channel;
    }

    @Override
    public int read(long position, byte[] into, int offset, int length) throws IOException {
        return channel.read(ByteBuffer.wrap(into, offset, length), position);
    }

    @Override
    protected void release() {
        try {
            channel.close();
        } catch (IOException harmless) {
            // The descriptor is gone whatever close(2) says, and a file that was only read has nothing to lose.
        }
    }
}

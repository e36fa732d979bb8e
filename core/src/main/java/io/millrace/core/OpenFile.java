// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.io.IOException;

/**
 * A regular file that is open for reading. Several holders may share one: each {@link #hold} is given back by one
 * {@link #close}, and the last one closes the file. The opener of a file has its first hold. Reads carry their
 * position, so holders do not disturb one another; any thread may call.
 */
public abstract class OpenFile implements AutoCloseable {
    private final FileInfo info;
    private int holds = 1;

    /** For carriers: a file with the facts as of its opening. */
    protected OpenFile(FileInfo info) {
        this.info = info;
    }

    /** Size, time and identity as they were when the file was opened. */
    public final FileInfo info() {
        return info;
    }

    /** Size in bytes as it was when the file was opened. */
    public final long size() {
        return info.size();
    }

    /**
     * Reads up to {@code length} bytes from {@code position}, as pread(2).
     *
     * @return the number of bytes read, -1 at the end of the file
     * @throws IOException if the file cannot be read
     */
    public abstract int read(long position, byte[] into, int offset, int length) throws IOException;

    /**
     * One more hold on the file.
     *
     * @throws IllegalStateException if the last hold has been given back
     */
    public final synchronized OpenFile hold() {
        if (holds == 0) {
            throw new IllegalStateException("the file is closed");
        }
        holds++;
        return this;
    }

    /**
     * Gives one hold back; the last one closes the file. A file that cannot be closed is reported to the log: a caller
     * that gives a hold back could do nothing about it, and has others to give back.
     */
    @Override
    public final synchronized void close() {
        if (holds > 0 && --holds == 0) {
            Release.quietly(this::release, "closing a file failed");
        }
    }

    /** Closes the file for real. Called once. What it throws goes to the log. */
    protected abstract void release();
}

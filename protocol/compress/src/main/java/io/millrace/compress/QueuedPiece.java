// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.OpenFile;
import java.io.EOFException;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A piece of a content that waits to be compressed: part of an array or of a file. */
final class QueuedPiece implements AutoCloseable {
    /** Stands for a flush. */
    static final QueuedPiece FLUSH = new QueuedPiece(new byte[0], null, 0, 0);

    /** Stands for the end of the content. */
    static final QueuedPiece END = new QueuedPiece(new byte[0], null, 0, 0);

    private byte @Nullable [] array;
    private final @Nullable OpenFile file;
    private long position;
    private long rest;
    private int offset;

    private QueuedPiece(byte @Nullable [] array, @Nullable OpenFile file, long position, long rest) {
        this.array = array;
        this.file = file;
        this.position = position;
        this.rest = rest;
    }

    static QueuedPiece of(byte[] bytes, int offset, int length) {
        return new QueuedPiece(bytes, null, offset, length);
    }

    /** Part of a file; takes over the caller's hold on it. */
    static QueuedPiece of(OpenFile file, long from, long count) {
        return new QueuedPiece(null, file, from, count);
    }

    boolean isDone() {
        return rest == 0;
    }

    /**
     * Takes the next bytes, at most so many, which then stand in {@link #array} from {@link #offset} on.
     *
     * @throws IOException if the file cannot be read, or has become shorter
     */
    int next(int most) throws IOException {
        int count = (int) Math.min(most, rest);
        if (file == null) {
            offset = (int) position;
        } else {
            count = read(file, count, most);
        }
        position += count;
        rest -= count;
        return count;
    }

    private int read(OpenFile from, int count, int most) throws IOException {
        if (array == null) {
            array = new byte[(int) Math.min(most, rest)];
        }
        int read = from.read(position, array, 0, count);
        if (read <= 0) {
            throw new EOFException("the file ends " + rest + " bytes before it should");
        }
        return read;
    }

    byte[] array() {
        return Objects.requireNonNull(array, "next is called first");
    }

    int offset() {
        return offset;
    }

    @Override
    public void close() {
        if (file != null) {
            file.close();
        }
    }
}

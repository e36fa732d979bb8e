// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.CloseCause;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where a thread that may wait writes to a stream. What it has handed over and the link has not sent is bounded: by
 * {@link #AHEAD} on the way to the loop, and there by the link's high mark, beyond which nothing more is taken from the
 * thread until the link has drained.
 */
final class ByteStreamOutput extends OutputStream {
    private static final int AHEAD = 64 * 1024;
    private static final int PIECE = 16 * 1024;

    private final ByteStream stream;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();

    /** Bytes handed over for which the link has no room yet. Guarded by the lock. */
    private int ahead;

    private @Nullable CloseCause cause;
    private boolean closed;

    /** Appended while the link had no room. The loop's. */
    private int owed;

    ByteStreamOutput(ByteStream stream) {
        this.stream = stream;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (stream.link().inLoop()) {
            throw new IllegalStateException("the loop's thread would wait for itself");
        }
        for (int from = offset, end = offset + length; from < end; from += PIECE) {
            byte[] piece = Arrays.copyOfRange(bytes, from, Math.min(end, from + PIECE));
            await(piece.length);
            try {
                stream.execute(() -> append(piece));
            } catch (RejectedExecutionException e) {
                throw new IOException("the connection has ended with its loop", e);
            }
        }
    }

    private void await(int count) throws IOException {
        lock.lock();
        try {
            while (ahead > 0 && ahead + count > AHEAD && cause == null && !closed) {
                room.awaitUninterruptibly();
            }
            if (cause != null || closed) {
                throw new IOException(cause == null ? "the stream is closed" : "the connection has ended: " + cause);
            }
            ahead += count;
        } finally {
            lock.unlock();
        }
    }

    /** On the loop. */
    private void append(byte[] piece) {
        stream.write(piece);
        owed += piece.length;
        if (stream.writable()) {
            drained();
        }
    }

    /** The link has room again. On the loop. */
    void drained() {
        lock.lock();
        try {
            ahead -= owed;
            owed = 0;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The connection has ended. On the loop. */
    void closed(CloseCause why) {
        lock.lock();
        try {
            cause = why;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Closes our direction, once everything has left. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
        } finally {
            lock.unlock();
        }
        try {
            stream.execute(stream::finish);
        } catch (RejectedExecutionException e) {
            // The loop has been closed, and the connection with it.
        }
    }
}

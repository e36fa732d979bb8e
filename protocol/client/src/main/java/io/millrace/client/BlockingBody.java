// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.io.InputStream;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A request's body that the calling thread reads from a stream: one piece at a time is on its way to the loop, and the
 * next is read when the connection has room for it.
 */
final class BlockingBody implements BodyProducer {
    private static final int PIECE = 64 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private BodyWriter writer;
    private boolean room;
    private boolean over;

    RequestContent content(long length) {
        return length < 0 ? RequestContent.of(this) : RequestContent.of(this, length);
    }

    // ---- the loop's end

    @Override
    public void produce(BodyWriter out) {
        lock.lock();
        try {
            writer = out;
            room = out.writable();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void cancelled() {
        lock.lock();
        try {
            over = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[] bytes, int length) {
        try {
            writer.write(bytes, 0, length);
            produce(writer);
        } catch (IllegalStateException e) {
            // Longer than was announced: the call has failed with it.
            cancelled();
        }
    }

    // ---- the thread's end

    /** Sends the whole stream, or as much of it as is wanted. */
    void pump(InputStream in) {
        boolean more = awaitRoom();
        while (more) {
            byte[] piece = new byte[PIECE];
            try {
                int count = in.read(piece);
                more = count >= 0;
                post(more ? () -> write(piece, count) : () -> writer.end());
            } catch (Throwable t) {
                post(() -> writer.fail(t));
                return;
            }
            more = more && awaitRoom();
        }
    }

    private void post(Runnable task) {
        try {
            writer.loop().execute(task);
        } catch (RejectedExecutionException e) {
            cancelled();
        }
    }

    private boolean awaitRoom() {
        lock.lock();
        try {
            while (!room && !over) {
                changed.await();
            }
            room = false;
            return !over;
        } catch (InterruptedException e) {
            // The caller that waits for the answer notices, and gives the call up.
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What crosses between the writer of a streamed body and the loop: how many bytes are under way, whether the writer has
 * found no room and is to be told when there is some, and whether the exchange is over. Any thread may call.
 */
final class StreamWindow {
    /** Bytes that may be under way; a writer on another thread waits beyond. */
    static final long LIMIT = 256 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private long outstanding;
    private boolean choked;
    private boolean over;
    private boolean aborted;

    /**
     * Counts bytes that are about to cross to the loop. Blocks while there is no room, until the exchange is over.
     *
     * @throws InterruptedIOException if the thread is interrupted meanwhile; the interrupt status stays set
     */
    void acquire(long count) throws InterruptedIOException {
        lock.lock();
        try {
            while (outstanding >= LIMIT && !over) {
                room.await();
            }
            outstanding += count;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a slow peer");
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes bytes out that the connection has room for. Returns whether the writer, who found no room before, has some
     * now and is to be told.
     */
    boolean release(long count, boolean writable) {
        lock.lock();
        try {
            outstanding -= count;
            boolean tell = choked && outstanding < LIMIT && writable;
            choked &= !tell;
            room.signalAll();
            return tell;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns whether there is room; if not, a later {@link #release} says so.
     *
     * @param crossing whether bytes of this writer cross to the loop, so that those under way count
     * @param writable whether the connection has room, as far as the caller may ask it
     */
    boolean hasRoom(boolean crossing, boolean writable) {
        lock.lock();
        try {
            boolean free = !over && writable && (!crossing || outstanding < LIMIT);
            choked |= !free;
            return free;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the exchange. Wakes up a writer that waits. */
    void end(boolean brokenOff) {
        lock.lock();
        try {
            over = true;
            aborted |= brokenOff;
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    boolean isOver() {
        lock.lock();
        try {
            return over;
        } finally {
            lock.unlock();
        }
    }

    boolean isAborted() {
        lock.lock();
        try {
            return aborted;
        } finally {
            lock.unlock();
        }
    }
}

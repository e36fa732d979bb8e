// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A pipe from the loop, which never waits, to a handler on another thread, which does. Holds a bounded number of bytes:
 * beyond it the loop stops reading from the peer until the handler has caught up.
 */
final class BodyPipe implements RequestBody.Reader {
    private static final int FULL = 64 * 1024;

    private final ExchangeBody body;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Buffer bytes = new Buffer();
    private boolean held;
    private boolean ended;
    private @Nullable IOException failure;

    BodyPipe(ExchangeBody body) {
        this.body = body;
    }

    // ---- the loop's end

    @Override
    public void data(byte[] from, int offset, int length) {
        lock.lock();
        try {
            bytes.append(from, offset, length);
            // Only the handler lets go of it: more may be offered while the pause is on its way.
            held |= bytes.readable() >= FULL;
            changed.signal();
        } finally {
            lock.unlock();
        }
        if (held) {
            body.hold(true);
        }
    }

    @Override
    public void end() {
        finish(null);
    }

    @Override
    public void failed(IOException why) {
        finish(why);
    }

    private void finish(@Nullable IOException why) {
        lock.lock();
        try {
            ended = true;
            failure = why;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // ---- the handler's end

    private int take(byte[] into, int offset, int length) throws IOException {
        boolean release;
        int count;
        lock.lock();
        try {
            await();
            if (bytes.isEmpty()) {
                return -1;
            }
            count = bytes.take(into, offset, length);
            release = held && bytes.readable() < FULL / 2;
            held &= !release;
        } finally {
            lock.unlock();
        }
        if (release) {
            body.pause(false);
        }
        return count;
    }

    // What has come in is given out before the failure that followed it.
    private void await() throws IOException {
        while (bytes.isEmpty() && !ended) {
            try {
                changed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while waiting for a body");
            }
        }
        if (bytes.isEmpty() && failure != null) {
            throw failure instanceof ClientAbortException abort
                    ? new ClientAbortException(abort)
                    : new IOException(failure.getMessage(), failure);
        }
    }

    private int available() {
        lock.lock();
        try {
            return bytes.readable();
        } finally {
            lock.unlock();
        }
    }

    InputStream stream() {
        return new Stream();
    }

    /** The handler's end as the JDK knows it. */
    private final class Stream extends InputStream {
        private final byte[] single = new byte[1];

        @Override
        public int read() throws IOException {
            return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, into.length);
            return length == 0 ? 0 : take(into, offset, length);
        }

        @Override
        public int available() {
            return BodyPipe.this.available();
        }
    }
}

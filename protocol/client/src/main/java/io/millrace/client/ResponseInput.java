// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Buffer;
import io.millrace.http.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * From the loop, which never waits, to a thread that does: at most {@link #WINDOW} bytes are here at once, and more are
 * asked for as they are read.
 */
final class ResponseInput extends InputStream implements ResponseListener {
    private static final int WINDOW = 128 * 1024;

    private final CompletableFuture<ResponseHead> head = new CompletableFuture<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Buffer bytes = new Buffer();
    private Call call;
    private int taken;
    private boolean ended;
    private boolean closed;
    private HttpFailure failure;

    CompletableFuture<ResponseHead> head() {
        return head;
    }

    // ---- the loop's end

    @Override
    public void head(ResponseHead answer, Call asked) {
        lock.lock();
        try {
            call = asked;
        } finally {
            lock.unlock();
        }
        asked.request(WINDOW);
        head.complete(answer);
    }

    @Override
    public void data(byte[] from, int offset, int length) {
        lock.lock();
        try {
            bytes.append(from, offset, length);
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void complete(Headers trailers) {
        end(null);
    }

    @Override
    public void failed(HttpFailure why) {
        head.completeExceptionally(why);
        end(why);
    }

    private void end(HttpFailure why) {
        lock.lock();
        try {
            ended = true;
            failure = why;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    // ---- the thread's end

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, into.length);
        if (length == 0) {
            return 0;
        }
        lock.lock();
        try {
            await();
            if (bytes.isEmpty()) {
                return -1;
            }
            int count = bytes.take(into, offset, length);
            ask(count);
            return count;
        } finally {
            lock.unlock();
        }
    }

    private void await() throws IOException {
        while (bytes.isEmpty() && !ended && !closed) {
            try {
                changed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                call.cancel();
                throw new HttpFailure.Cancelled("the thread was interrupted", true, e);
            }
        }
        if (closed) {
            throw new IOException("the answer is closed");
        }
        if (bytes.isEmpty() && failure != null) {
            throw failure;
        }
    }

    // Not for every few bytes: each asks the loop, and wakes it.
    private void ask(int count) {
        taken += count;
        if (taken >= WINDOW / 2 && !ended) {
            call.request(taken);
            taken = 0;
        }
    }

    @Override
    public int available() {
        lock.lock();
        try {
            return bytes.readable();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                bytes.clear();
                changed.signal();
                call.discard();
            }
        } finally {
            lock.unlock();
        }
    }
}

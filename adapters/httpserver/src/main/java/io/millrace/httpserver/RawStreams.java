// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A connection after 101 (Switching Protocols), as two streams that wait. Reading waits for the peer, writing waits
 * while much is under way; each of them by one thread at a time, neither on a loop.
 */
final class RawStreams implements Protocol {
    private static final int FULL = 64 * 1024;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Buffer received = new Buffer();
    private Link link;
    private boolean held;
    private boolean inputEnded;
    private boolean ended;
    private long underWay;
    private long unsent;

    // ---- the loop's side

    @Override
    public void opened(Link newLink) {
        newLink.deadline(Link.NEVER);
        change(() -> link = newLink);
    }

    @Override
    public void receive(Buffer in, Link from) {
        lock.lock();
        try {
            in.moveTo(received, in.readable());
            held = received.readable() >= FULL;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (held) {
            from.pause(true);
        }
    }

    @Override
    public void drained(Link from) {
        change(() -> {
            underWay -= unsent;
            unsent = 0;
        });
    }

    @Override
    public void inputClosed(Link from) {
        change(() -> inputEnded = true);
    }

    // The handler ends the connection; the server cuts it when its time to stop is over.
    @Override
    public void shuttingDown(Link from) {}

    @Override
    public void closed(CloseCause why) {
        end();
    }

    /** The connection has ended, perhaps before it changed its protocol. Any thread. */
    void end() {
        change(() -> {
            inputEnded = true;
            ended = true;
        });
    }

    private void change(Runnable how) {
        lock.lock();
        try {
            how.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void send(byte[] bytes) {
        link.out().append(bytes);
        link.flush();
        if (link.writable()) {
            change(() -> underWay -= bytes.length);
        } else {
            change(() -> unsent += bytes.length);
        }
    }

    // ---- the handler's side

    private void await() throws IOException {
        try {
            changed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for a connection");
        }
    }

    private void onLoop(Runnable task) throws IOException {
        try {
            link.execute(task);
        } catch (RejectedExecutionException e) {
            throw new IOException("the connection has ended", e);
        }
    }

    private int take(byte[] into, int offset, int length) throws IOException {
        boolean release;
        int count;
        lock.lock();
        try {
            while (received.isEmpty() && !inputEnded) {
                await();
            }
            if (received.isEmpty()) {
                return -1;
            }
            count = received.take(into, offset, length);
            release = held && received.readable() < FULL / 2;
            held &= !release;
        } finally {
            lock.unlock();
        }
        if (release) {
            onLoop(() -> link.pause(false));
        }
        return count;
    }

    private void give(byte[] bytes) throws IOException {
        lock.lock();
        try {
            while (!ended && (link == null || underWay >= FULL)) {
                await();
            }
            if (ended) {
                throw new IOException("the connection has ended");
            }
            underWay += bytes.length;
        } finally {
            lock.unlock();
        }
        onLoop(() -> send(bytes));
    }

    /** Ends the connection when what was written has left. */
    void close() throws IOException {
        lock.lock();
        try {
            while (!ended && link == null) {
                await();
            }
            if (ended) {
                return;
            }
        } finally {
            lock.unlock();
        }
        onLoop(() -> link.close(CloseMode.FLUSHED));
    }

    InputStream input() {
        return new Input();
    }

    OutputStream output() {
        return new Output();
    }

    /** What the peer sends. */
    private final class Input extends InputStream {
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
            lock.lock();
            try {
                return received.readable();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void close() throws IOException {
            RawStreams.this.close();
        }
    }

    /** What the peer gets: at once, since there is nothing to gather for. */
    private final class Output extends OutputStream {
        @Override
        public void write(int value) throws IOException {
            give(new byte[] {(byte) value});
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, bytes.length);
            for (int from = offset, end = offset + length; from < end; ) {
                byte[] slice = new byte[Math.min(FULL / 2, end - from)];
                System.arraycopy(bytes, from, slice, 0, slice.length);
                give(slice);
                from += slice.length;
            }
        }

        @Override
        public void close() throws IOException {
            RawStreams.this.close();
        }
    }
}

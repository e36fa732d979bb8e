// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * A stream whose writers never wait: a thread of its own passes on what they write. A reader that stands still, such as
 * a terminal after Ctrl-S or a full pipe, costs what does not fit, and no event loop its time. What is dropped is
 * counted. Any thread may call.
 */
final class QueuedOutput extends OutputStream {
    /** So many bytes wait at most. */
    private static final int ROOM = 1024 * 1024;

    private final OutputStream to;
    private final Thread writer;
    private ByteArrayOutputStream waiting = new ByteArrayOutputStream();
    private long dropped;
    private boolean writing;
    private boolean failed;

    /** Passes on to {@code to}, on a thread of that name. */
    QueuedOutput(OutputStream to, String name) {
        this.to = to;
        this.writer = Thread.ofPlatform().daemon().name(name).start(this::passOn);
    }

    @Override
    public void write(int oneByte) {
        write(new byte[] {(byte) oneByte}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) {
        if (failed || waiting.size() + length > ROOM) {
            dropped += length;
            return;
        }
        waiting.write(bytes, offset, length);
        notifyAll();
    }

    /** Number of bytes that were dropped so far. */
    synchronized long dropped() {
        return dropped;
    }

    private void passOn() {
        try {
            while (true) {
                byte[] next = next();
                to.write(next);
                to.flush();
            }
        } catch (IOException | InterruptedException e) {
            // The reader has gone: what is written from now on is never read.
            end();
        }
    }

    private synchronized void end() {
        failed = true;
        writing = false;
        waiting.reset();
        notifyAll();
    }

    private synchronized byte[] next() throws InterruptedException {
        writing = false;
        notifyAll();
        while (waiting.size() == 0) {
            wait();
        }
        writing = true;
        byte[] all = waiting.toByteArray();
        waiting.reset();
        return all;
    }

    /** Waits until everything has been passed on, but no longer than {@code patience}. Returns whether it has. */
    synchronized boolean drain(Duration patience) throws InterruptedException {
        long giveUp = System.nanoTime() + patience.toNanos();
        while (!failed && (writing || waiting.size() > 0)) {
            long millis = Duration.ofNanos(giveUp - System.nanoTime()).toMillis();
            if (millis <= 0) {
                return false;
            }
            wait(millis);
        }
        return true;
    }
}

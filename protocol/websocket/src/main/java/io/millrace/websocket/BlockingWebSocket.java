// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket for threads that may wait, such as virtual ones: {@link #receive} waits for a message, {@link #send} for
 * a slow peer. Any thread may call but the one that owns the connection; several may at once. What has come and was not
 * received yet is bounded: the peer is stopped meanwhile.
 */
public final class BlockingWebSocket implements AutoCloseable {
    private static final long MOST_RECEIVED = 256 * 1024;
    private static final long MOST_SENT = 256 * 1024;

    // What a message costs beside its bytes, so that empty ones are bounded too.
    private static final int OVERHEAD = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<WebSocketMessage> received = new ArrayDeque<>();
    private final WebSocketListener listener = new Queue();

    @SuppressWarnings("NullAway.Init") // opened
    private WebSocket socket;

    private long receivedBytes;
    private boolean stopped;
    private long sentBytes;
    private boolean over;
    private int closeCode;
    private String closeReason = "";

    // The owner thread's: sent bytes whose room is given back when the connection has sent everything.
    private long held;

    /** Makes one that is not open yet: {@link #listener} is for {@link WebSocketClient#protocol}. */
    public BlockingWebSocket() {}

    /** Returns the listener by which one connection, and no other, becomes this WebSocket. */
    public WebSocketListener listener() {
        return listener;
    }

    private final class Queue implements WebSocketListener {
        @Override
        public void opened(WebSocket opened) {
            lock.lock();
            try {
                socket = opened;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        @Override
        public void failed(String why) {
            closed(null, CloseCode.ABNORMAL, why);
        }

        @Override
        public void text(WebSocket from, byte[] utf8, int offset, int length) {
            put(WebSocketMessage.copy(true, utf8, offset, length));
        }

        @Override
        public void binary(WebSocket from, byte[] bytes, int offset, int length) {
            put(WebSocketMessage.copy(false, bytes, offset, length));
        }

        @Override
        public void writable(WebSocket from) {
            long count = held;
            held = 0;
            sent(count);
        }

        @Override
        public void closed(@Nullable WebSocket from, int code, String reason) {
            lock.lock();
            try {
                over = true;
                closeCode = code;
                closeReason = reason;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void put(WebSocketMessage message) {
        boolean stop;
        lock.lock();
        try {
            received.add(message);
            receivedBytes += message.bytes().length + OVERHEAD;
            stop = receivedBytes > MOST_RECEIVED && !stopped;
            stopped |= stop;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (stop) {
            socket.pause(true);
        }
    }

    /**
     * Waits for the next message.
     *
     * @return the message, {@code null} if the WebSocket is over and all has been received
     * @throws InterruptedIOException if the thread is interrupted while it waits
     */
    public @Nullable WebSocketMessage receive() throws IOException {
        WebSocketMessage message;
        boolean goOn;
        lock.lock();
        try {
            while (received.isEmpty() && !over) {
                await();
            }
            message = received.poll();
            if (message == null) {
                return null;
            }
            receivedBytes -= message.bytes().length + OVERHEAD;
            goOn = stopped && receivedBytes <= MOST_RECEIVED / 2;
            stopped &= !goOn;
        } finally {
            lock.unlock();
        }
        if (goOn) {
            execute(() -> socket.pause(false));
        }
        return message;
    }

    /** Sends a text; waits while the peer is slow. See {@link #send(WebSocketMessage)}. */
    public void send(String text) throws IOException {
        send(WebSocketMessage.text(text));
    }

    /** Sends a binary message, which must not change any more; waits while the peer is slow. */
    public void send(byte[] bytes) throws IOException {
        send(WebSocketMessage.binary(bytes));
    }

    /**
     * Sends a message; waits while the peer is slow.
     *
     * @throws IOException if the WebSocket is over
     * @throws InterruptedIOException if the thread is interrupted while it waits
     */
    public void send(WebSocketMessage message) throws IOException {
        long cost = message.bytes().length + OVERHEAD;
        lock.lock();
        try {
            while ((socket == null || sentBytes >= MOST_SENT) && !over) {
                await();
            }
            if (over) {
                throw new IOException("the WebSocket is over: " + closeCode + " " + closeReason);
            }
            sentBytes += cost;
        } finally {
            lock.unlock();
        }
        execute(() -> {
            socket.send(message);
            if (socket.writable()) {
                sent(cost);
            } else {
                held += cost;
            }
        });
    }

    private void sent(long count) {
        lock.lock();
        try {
            sentBytes -= count;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Begins the close handshake, after what was sent. Messages that come before the peer's answer are dropped. */
    public void close(int code, String reason) throws IOException {
        if (opened() != null) {
            socket.close(code, reason);
        }
    }

    /** Begins the close handshake with {@link CloseCode#NORMAL}, after what was sent. Of no effect at the end. */
    @Override
    public void close() throws IOException {
        close(CloseCode.NORMAL, "");
    }

    /** Ends the connection at once, if there is one. */
    public void abort() {
        WebSocket open;
        lock.lock();
        try {
            open = socket;
        } finally {
            lock.unlock();
        }
        if (open != null) {
            open.abort();
        }
    }

    /** Waits until the WebSocket is over, and returns the code, see {@link WebSocketListener#closed}. */
    public int awaitClose() throws IOException {
        lock.lock();
        try {
            while (!over) {
                await();
            }
            return closeCode;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the code with which the WebSocket ended, 0 while it is not over. */
    public int closeCode() {
        lock.lock();
        try {
            return closeCode;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the reason with which the WebSocket ended; may be empty. */
    public String closeReason() {
        lock.lock();
        try {
            return closeReason;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until the opening handshake is done.
     *
     * @throws IOException if it failed, saying why
     * @throws InterruptedIOException if the thread is interrupted while it waits
     */
    public void awaitOpen() throws IOException {
        if (opened() == null) {
            throw new IOException("no WebSocket: " + closeReason());
        }
    }

    /** Returns the subprotocol that was agreed on, or {@code ""}. */
    public String subprotocol() throws IOException {
        WebSocket open = opened();
        return open == null ? "" : open.subprotocol();
    }

    // Waits for the connection to be handed over; null if that did not come about.
    private @Nullable WebSocket opened() throws IOException {
        lock.lock();
        try {
            while (socket == null && !over) {
                await();
            }
            return socket;
        } finally {
            lock.unlock();
        }
    }

    private void await() throws InterruptedIOException {
        if (socket != null && socket.inLoop()) {
            throw new IllegalStateException("the thread of the connection would wait for itself");
        }
        try {
            changed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for the peer of a WebSocket");
        }
    }

    private void execute(Runnable task) {
        try {
            socket.execute(task);
        } catch (RejectedExecutionException ignored) {
            // The loop is closed: the listener has been told the end.
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Printable;
import io.millrace.core.SharedBytes;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A streamed body. Small writes are gathered; what is gathered goes straight into the connection when the writer is on
 * the loop, and crosses to the loop as a task when it is not. A writer on another thread waits while more than
 * {@link StreamWindow#LIMIT} bytes are under way that the connection has no room for.
 */
final class ExchangeStream extends ResponseStream {
    private static final int GATHER = 8 * 1024;
    private static final int SLICE = 32 * 1024;

    private final Exchange exchange;
    private final Handles handles;

    /** The exchange goes on to other links when it is over; this does not. */
    private final Link link;

    private final long announced;
    private final boolean silent;

    // The writer's side.
    private final Buffer gathered = new Buffer();
    private @Nullable FieldBlock trailers;
    private long written;
    private boolean closed;
    private volatile boolean ended;
    private volatile boolean unflushed;

    // Between the two.
    private final StreamWindow window = new StreamWindow();
    private volatile @Nullable Runnable onWritable;
    private volatile @Nullable Runnable onAborted;

    // The loop's side: bytes whose room is given back when the connection has sent everything.
    private long held;
    private boolean delivered;
    private long keepAliveNanos;
    private byte[] keepAliveBytes = {};
    private long movedAt;

    ExchangeStream(Exchange exchange, Handles handles, long announced) {
        this.exchange = exchange;
        this.handles = handles;
        this.link = exchange.link();
        this.announced = announced;
        this.silent = exchange.request().isHead();
    }

    long announced() {
        return announced;
    }

    // ---- the writer's side

    @Override
    public void write(int value) throws IOException {
        check();
        count(1);
        if (gathered.readable() == GATHER) {
            push();
        }
        gathered.append((byte) value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        check();
        Objects.checkFromIndexSize(offset, length, bytes.length);
        count(length);
        if (length > GATHER - gathered.readable()) {
            push();
        }
        if (length >= GATHER) {
            hand(bytes, offset, length);
        } else {
            gathered.append(bytes, offset, length);
        }
    }

    private void count(long length) throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        checkPeer();
        written += length;
        unflushed = true;
        if (announced >= 0 && written > announced && !silent) {
            closed = true;
            exchange.response().abort();
            throw new IOException("more than the " + announced + " bytes that were announced");
        }
    }

    private void check() {
        handles.checkThread();
        if (ended) {
            throw new IllegalStateException("the stream was closed when its handler returned: a handler that goes on"
                    + " writing calls Response.defer() before it returns");
        }
    }

    private void checkPeer() throws IOException {
        if (window.isOver()) {
            throw ended();
        }
    }

    private void push() throws IOException {
        if (!gathered.isEmpty()) {
            hand(gathered.array(), gathered.head(), gathered.readable());
            gathered.clear();
        }
    }

    @Override
    public void write(SharedBytes bytes) throws IOException {
        check();
        count(bytes.length());
        push();
        if (exchange.direct()) {
            emit(bytes);
            noteChoke();
            return;
        }
        acquire(bytes.length());
        if (!exchange.execute(() -> cross(bytes))) {
            throw ended();
        }
    }

    private void hand(byte[] bytes, int offset, int length) throws IOException {
        if (exchange.direct()) {
            emit(bytes, offset, length);
            noteChoke();
            return;
        }
        for (int from = offset, end = offset + length; from < end; ) {
            byte[] slice = new byte[Math.min(SLICE, end - from)];
            System.arraycopy(bytes, from, slice, 0, slice.length);
            acquire(slice.length);
            if (!exchange.execute(() -> cross(slice))) {
                throw ended();
            }
            from += slice.length;
        }
    }

    private static IOException ended() {
        return new ClientAbortException("the connection has ended");
    }

    private void acquire(long count) throws IOException {
        window.acquire(count);
        checkPeer();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) throws IOException {
        try {
            check();
            ExchangeResponse.checkSpan(file, from, count);
            count(count);
            push();
            if (!exchange.direct()) {
                acquire(count);
            }
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        if (exchange.direct()) {
            exchange.streamFile(file, from, count);
            noteChoke();
        } else if (!exchange.execute(() -> cross(file, from, count))) {
            file.close();
            throw ended();
        }
    }

    @Override
    public void flush() throws IOException {
        check();
        if (!closed) {
            push();
            exchange.onLoop(exchange::streamFlush);
            unflushed = false;
        }
    }

    @Override
    public void trailer(String name, String value) {
        check();
        if (closed) {
            throw new IllegalStateException("the stream is closed");
        }
        if (!FieldSyntax.isToken(name) || !FieldSyntax.isValue(value)) {
            throw new IllegalArgumentException("not a field: " + Printable.text(name + ": " + value));
        }
        // Fields that frame or route a message must not come after it (RFC 9110 section 6.5.1).
        if (FieldSyntax.isOurs(name) || name.equalsIgnoreCase("Host") || name.equalsIgnoreCase("Trailer")) {
            throw new IllegalArgumentException(name + " cannot stand in a trailer");
        }
        if (trailers == null) {
            trailers = new FieldBlock();
        }
        trailers.append(name, value);
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        check();
        closed = true;
        if (announced >= 0 && written != announced && !silent) {
            exchange.response().abort();
            throw new IOException(written + " bytes instead of the " + announced + " that were announced");
        }
        try {
            push();
            exchange.onLoop(() -> exchange.streamEnd(trailers));
        } catch (IOException | RuntimeException | Error e) {
            // This body cannot be ended any more: a second close does nothing.
            exchange.response().abort();
            throw e;
        }
    }

    /** The handler has returned, and without {@link Response#defer} the stream ends with it. */
    void end() throws IOException {
        boolean open = !closed;
        close();
        ended = open;
    }

    @Override
    public boolean writable() {
        check();
        return noteChoke();
    }

    private boolean noteChoke() {
        boolean direct = exchange.direct();
        return window.hasRoom(!direct, !direct || exchange.writable());
    }

    @Override
    public void onWritable(Runnable task) {
        check();
        onWritable = task;
        noteChoke();
    }

    @Override
    public void onAborted(Runnable task) {
        check();
        onAborted = task;
        boolean told = exchange.onLoop(() -> {
            if (window.isAborted()) {
                tellAborted();
            }
        });
        if (!told) {
            tellAborted();
        }
    }

    // ---- the loop's side

    private void emit(byte[] bytes, int offset, int length) {
        exchange.streamBytes(bytes, offset, length);
        moved(exchange.link().now());
    }

    private void emit(SharedBytes bytes) {
        exchange.streamShared(bytes);
        moved(exchange.link().now());
    }

    private void cross(byte[] slice) {
        emit(slice, 0, slice.length);
        crossed(slice.length);
    }

    private void cross(SharedBytes bytes) {
        emit(bytes);
        crossed(bytes.length());
    }

    private void cross(OpenFile file, long from, long count) {
        exchange.streamFile(file, from, count);
        crossed(count);
    }

    private void crossed(long count) {
        if (exchange.isOver()) {
            over(true);
        } else if (exchange.writable()) {
            release(count);
        } else {
            held += count;
        }
    }

    /** Everything has left: there is room again. */
    void drained() {
        long count = held;
        held = 0;
        release(count);
    }

    private void release(long count) {
        boolean tell = window.release(count, exchange.writable());
        Runnable task = onWritable;
        if (tell && task != null) {
            exchange.quietly(task);
        }
    }

    @Override
    public void keepAlive(Duration silence, byte[] bytes) {
        check();
        byte[] copy = bytes.clone();
        exchange.onLoop(() -> {
            keepAliveNanos = silence.toNanos();
            keepAliveBytes = copy;
            moved(exchange.link().now());
            exchange.keepAliveChanged();
        });
    }

    @Override
    public boolean isOpen() {
        return !ended && !window.isOver();
    }

    @Override
    public boolean inLoop() {
        return link.inLoop();
    }

    @Override
    public void execute(Runnable task) {
        link.execute(task);
    }

    @Override
    public long pending() {
        check();
        return isOpen() ? exchange.pending() : 0;
    }

    @Override
    public void abort() {
        check();
        if (isOpen()) {
            exchange.breakOff();
        }
    }

    // Something is sent.
    private void moved(long now) {
        movedAt = now;
    }

    /** Returns when nothing will have been sent for so long that something has to be. */
    long keepAliveDue() {
        return keepAliveNanos == 0 ? Link.NEVER : movedAt + keepAliveNanos;
    }

    /**
     * That time has come. What the writer has begun comes first, and what waits to be sent is a sign of life itself.
     */
    void keepAlive(long now) {
        moved(now);
        if (!unflushed && exchange.writable()) {
            emit(keepAliveBytes, 0, keepAliveBytes.length);
        }
    }

    /** All of the body, its end included, has been handed to the connection. */
    void deliver() {
        delivered = true;
    }

    /** The exchange has ended; the peer got all if {@link #deliver} was called before. */
    void over() {
        over(!delivered);
    }

    /**
     * The exchange is over; {@code brokenOff} if the peer did not get all. May be said twice, and once by the handler's
     * thread: of an exchange that had ended before the stream was opened.
     */
    void over(boolean brokenOff) {
        window.end(brokenOff);
        if (brokenOff) {
            tellAborted();
        }
    }

    private void tellAborted() {
        Runnable task = onAborted;
        onAborted = null;
        if (task != null) {
            exchange.quietly(task);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import io.millrace.http.ResponseStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A stream that compresses what is written into another. On the loop a large piece is not compressed at once: it waits
 * in a queue, and {@link #SLICE} bytes of it are compressed in each turn for as long as the client follows; what is
 * written after it waits behind it.
 */
final class EncodedStream extends ResponseStream {
    /** So much is compressed in one go on the loop. */
    static final int SLICE = 64 * 1024;

    private static final int GATHER = 8 * 1024;

    private final ResponseStream stream;
    private final EncoderHold encoder;
    private final @Nullable EncodedRecord kept;
    private final long announced;
    private final Runnable goesOn;
    private final Runnable abort;

    private final Buffer gathered = new Buffer();
    private final Buffer encoded = new Buffer();
    private long written;
    private boolean closed;
    private volatile @Nullable Runnable onWritable;

    // Guarded by itself. Who finds it empty may use the encoder; while it is not, only the loop does.
    private final ArrayDeque<QueuedPiece> waiting = new ArrayDeque<>();
    private volatile boolean choked;

    /**
     * Compresses into {@code stream}.
     *
     * @param kept where the compressed content is noted, {@code null} for nowhere
     * @param announced number of bytes that will be written, -1 where that is unknown
     * @param goesOn is run when something begins to wait: it is written after the handler has returned
     * @param abort ends the answer in the middle, on any thread
     */
    EncodedStream(
            ResponseStream stream,
            EncoderHold encoder,
            @Nullable EncodedRecord kept,
            long announced,
            Runnable goesOn,
            Runnable abort) {
        this.stream = stream;
        this.encoder = encoder;
        this.kept = kept;
        this.announced = announced;
        this.goesOn = goesOn;
        this.abort = abort;
    }

    // ---- what is written

    @Override
    public void write(int value) throws IOException {
        count(1);
        if (gathered.readable() == GATHER) {
            push();
        }
        gathered.append((byte) value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        count(length);
        if (length <= GATHER - gathered.readable()) {
            gathered.append(bytes, offset, length);
            return;
        }
        push();
        if (mustWait(length)) {
            enqueue(QueuedPiece.of(Arrays.copyOfRange(bytes, offset, offset + length), 0, length));
        } else {
            encode(bytes, offset, length);
        }
    }

    /** Writes bytes that do not change any more. */
    void writeLasting(byte[] bytes, int offset, int length) throws IOException {
        count(length);
        push();
        if (mustWait(length)) {
            enqueue(QueuedPiece.of(bytes, offset, length));
        } else {
            encode(bytes, offset, length);
        }
    }

    @Override
    public void write(SharedBytes bytes) throws IOException {
        write(bytes.array(), bytes.offset(), bytes.length());
    }

    @Override
    public void transfer(OpenFile file, long from, long count) throws IOException {
        try (OpenFile mine = file) {
            if (from < 0 || count < 0 || from > file.size() - count) {
                throw new IllegalArgumentException(count + " bytes from " + from + " of a file of " + file.size());
            }
            count(count);
            push();
            QueuedPiece piece = QueuedPiece.of(mine.hold(), from, count);
            if (mustWait(count)) {
                enqueue(piece);
            } else {
                encodeWhole(piece);
            }
        }
    }

    private void count(long length) throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        check(stream.isOpen());
        written += length;
        if (announced >= 0 && written > announced) {
            closed = true;
            abort.run();
            throw new IOException("more than the " + announced + " bytes that were announced");
        }
    }

    private void push() throws IOException {
        if (gathered.isEmpty()) {
            return;
        }
        if (isIdle()) {
            encode(gathered.array(), gathered.head(), gathered.readable());
        } else {
            enqueue(QueuedPiece.of(gathered.toBytes(), 0, gathered.readable()));
        }
        gathered.clear();
    }

    private boolean mustWait(long length) {
        return !isIdle() || (length > SLICE && stream.inLoop());
    }

    private void encodeWhole(QueuedPiece piece) throws IOException {
        try (piece) {
            while (!piece.isDone()) {
                encode(piece);
            }
        }
    }

    private void encode(QueuedPiece piece) throws IOException {
        int count = piece.next(SLICE);
        encode(piece.array(), piece.offset(), count);
    }

    private void encode(byte[] bytes, int offset, int length) throws IOException {
        for (int at = offset, end = offset + length; at < end; ) {
            int count = Math.min(SLICE, end - at);
            check(encoder.encode(bytes, at, count, encoded));
            at += count;
            if (encoded.readable() >= GATHER) {
                deliver();
            }
        }
    }

    private static void check(boolean alive) throws IOException {
        if (!alive) {
            throw new IOException("the connection has ended");
        }
    }

    private void deliver() throws IOException {
        if (kept != null) {
            kept.append(encoded);
        }
        stream.write(encoded.array(), encoded.head(), encoded.readable());
        encoded.clear();
    }

    @Override
    public void flush() throws IOException {
        if (closed) {
            return;
        }
        push();
        if (isIdle()) {
            completeFlush();
        } else {
            enqueue(QueuedPiece.FLUSH);
        }
    }

    private void completeFlush() throws IOException {
        check(encoder.flush(encoded));
        deliver();
        stream.flush();
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (announced >= 0 && written != announced) {
            abort.run();
            throw new IOException(written + " bytes instead of the " + announced + " that were announced");
        }
        push();
        if (isIdle()) {
            complete();
        } else {
            enqueue(QueuedPiece.END);
        }
    }

    private void complete() throws IOException {
        check(encoder.finish(encoded));
        encoder.end();
        deliver();
        if (kept != null) {
            kept.keep();
        }
        stream.close();
    }

    // ---- what waits, on the loop

    private boolean isIdle() {
        synchronized (waiting) {
            return waiting.isEmpty();
        }
    }

    private void enqueue(QueuedPiece piece) {
        boolean first;
        synchronized (waiting) {
            first = waiting.isEmpty();
            waiting.add(piece);
        }
        if (first) {
            goesOn.run();
            stream.onWritable(this::writableAgain);
            stream.execute(this::step);
        }
        if (!stream.isOpen()) {
            dropWaiting(); // release() may have been before
        }
    }

    /** Compresses one slice, and goes on in the next turn, or when the client has taken what was sent. */
    private void step() {
        try {
            QueuedPiece piece = first();
            if (piece != null && stream.writable()) {
                advance(piece);
            }
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
        if (isIdle()) {
            tellWritable();
        } else if (stream.writable()) {
            stream.execute(this::step);
        }
    }

    private QueuedPiece first() {
        synchronized (waiting) {
            return waiting.peek();
        }
    }

    private void advance(QueuedPiece piece) throws IOException {
        if (piece == QueuedPiece.FLUSH) {
            completeFlush();
        } else if (piece == QueuedPiece.END) {
            complete();
        } else {
            encode(piece);
        }
        if (piece.isDone()) {
            synchronized (waiting) {
                waiting.poll();
            }
            piece.close();
        }
    }

    /** The content cannot be completed: the client has gone, or a file has become shorter or cannot be read. */
    void fail(Exception e) {
        closed = true;
        dropWaiting();
        if (stream.isOpen()) {
            System.getLogger("io.millrace.compress").log(System.Logger.Level.ERROR, "an answer cannot be completed", e);
            abort.run();
        }
    }

    private void dropWaiting() {
        synchronized (waiting) {
            waiting.forEach(QueuedPiece::close);
            waiting.clear();
        }
    }

    private void writableAgain() {
        if (isIdle()) {
            tellWritable();
        } else {
            step();
        }
    }

    private void tellWritable() {
        Runnable task = onWritable;
        if (choked && task != null && stream.isOpen() && stream.writable()) {
            choked = false;
            task.run();
        }
    }

    /** The exchange is over, on the loop. */
    void release() {
        encoder.end();
        dropWaiting();
    }

    // ---- what is asked

    @Override
    public boolean writable() {
        boolean free = stream.writable() && isIdle();
        choked |= !free;
        return free;
    }

    @Override
    public void onWritable(Runnable task) {
        onWritable = task;
        choked |= !isIdle();
        stream.onWritable(this::told);
    }

    private void told() {
        choked = true;
        writableAgain();
    }

    /**
     * What is sent in silence is no part of the content, whose checksum it would change: it is bytes that stand for
     * nothing, in place of {@code bytes}.
     */
    @Override
    public void keepAlive(Duration silence, byte[] bytes) {
        try {
            completeFlush(); // the head of the content comes first
            stream.keepAlive(silence, encoder.filler());
        } catch (IOException e) {
            assert !isOpen() : e; // the client has gone, which onAborted tells
        }
    }

    @Override
    public void onAborted(Runnable task) {
        stream.onAborted(task);
    }

    @Override
    public void trailer(String name, String value) {
        stream.trailer(name, value);
    }

    @Override
    public boolean isOpen() {
        return stream.isOpen();
    }

    @Override
    public boolean inLoop() {
        return stream.inLoop();
    }

    @Override
    public void execute(Runnable task) {
        stream.execute(task);
    }

    @Override
    public long pending() {
        return stream.pending();
    }

    @Override
    public void abort() {
        stream.abort();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import io.millrace.core.OpenFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** What a {@link MemoryLink} has to send, in order, and what its peer has got. */
final class MemoryOutput {
    private static final int PIECE = 64 * 1024;

    private record Span(OpenFile file, long from, long count) {}

    private final Deque<Object> queue = new ArrayDeque<>();
    private final Buffer out = new Buffer();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private long window = Long.MAX_VALUE;
    private boolean broken;

    /** The buffer to append to. */
    Buffer out() {
        return out;
    }

    /** What the peer has got. */
    ByteArrayOutputStream sent() {
        return sent;
    }

    /** How many bytes more the peer takes. */
    long window() {
        return window;
    }

    void window(long bytes) {
        window = bytes;
    }

    /** Whether a file has turned out to be shorter than it was said to be. */
    boolean isBroken() {
        return broken;
    }

    void add(OpenFile file, long from, long count) {
        if (!out.isEmpty()) {
            queue.add(out.toBytes());
            out.clear();
        }
        queue.add(new Span(file, from, count));
    }

    /** Bytes that wait. */
    long pending() {
        long bytes = out.readable();
        for (Object piece : queue) {
            bytes += piece instanceof Span span ? span.count : ((byte[]) piece).length;
        }
        return bytes;
    }

    /** Sends at most {@code most} bytes; how many it was. */
    long send(long most) {
        long left = most;
        while (!queue.isEmpty() && left > 0 && !broken) {
            Object piece = queue.poll();
            left -= piece instanceof Span span ? sendFile(span, left) : sendBytes((byte[]) piece, left);
        }
        if (queue.isEmpty() && !broken) {
            int count = (int) Math.min(left, out.readable());
            emit(out.array(), out.head(), count);
            out.consume(count);
            left -= count;
        }
        return most - left;
    }

    private int sendBytes(byte[] bytes, long most) {
        int count = (int) Math.min(most, bytes.length);
        emit(bytes, 0, count);
        if (count < bytes.length) {
            queue.addFirst(Arrays.copyOfRange(bytes, count, bytes.length));
        }
        return count;
    }

    private int sendFile(Span span, long most) {
        byte[] piece = new byte[(int) Math.min(Math.min(most, span.count), PIECE)];
        int count = read(span, piece);
        if (count <= 0 && span.count > 0) {
            span.file.close();
            broken = true;
            return 0;
        }
        emit(piece, 0, count);
        if (count < span.count) {
            queue.addFirst(new Span(span.file, span.from + count, span.count - count));
        } else {
            span.file.close();
        }
        return count;
    }

    private static int read(Span span, byte[] into) {
        try {
            return into.length == 0 ? 0 : span.file.read(span.from, into, 0, into.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void emit(byte[] bytes, int from, int count) {
        sent.write(bytes, from, count);
        window -= window == Long.MAX_VALUE ? 0 : count;
    }

    /** The connection has ended: closes files. */
    void drop() {
        for (Object piece : queue) {
            if (piece instanceof Span span) {
                span.file.close();
            }
        }
        queue.clear();
        out.clear();
    }
}

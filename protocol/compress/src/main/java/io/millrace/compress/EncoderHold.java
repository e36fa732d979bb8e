// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An encoder in use, which two threads may end: the one that writes, and the loop when the client has gone. An encoder
 * whose memory is not the JVM's must not be closed while it works, so it is then closed by the thread that works.
 *
 * <pre>
 *   IDLE ◄──► BUSY
 *    │ end      │ end
 *    ▼          ▼
 *   ENDED ◄── ENDING
 * </pre>
 */
final class EncoderHold {
    private static final int IDLE = 0;
    private static final int BUSY = 1;
    private static final int ENDING = 2;
    private static final int ENDED = 3;

    private final ContentEncoder encoder;
    private final AtomicInteger open;
    private final AtomicInteger state = new AtomicInteger(IDLE);

    private EncoderHold(ContentEncoder encoder, AtomicInteger open) {
        this.encoder = encoder;
        this.open = open;
    }

    /** Opens an encoder and counts it in {@code open}, or returns {@code null} where there are {@code most} already. */
    static @Nullable EncoderHold open(ContentCoding coding, AtomicInteger open, int most) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            return null;
        }
        try {
            return new EncoderHold(coding.open(), open);
        } catch (RuntimeException | Error e) {
            open.decrementAndGet();
            throw e;
        }
    }

    /** Encodes a piece; {@code false} if the encoder has ended. */
    boolean encode(byte[] bytes, int offset, int length, Buffer out) {
        return work(() -> encoder.encode(bytes, offset, length, out));
    }

    /** Completes what the pieces so far amount to; {@code false} if the encoder has ended. */
    boolean flush(Buffer out) {
        return work(() -> encoder.flush(out));
    }

    /** Completes the content; {@code false} if the encoder has ended. */
    boolean finish(Buffer out) {
        return work(() -> encoder.finish(out));
    }

    byte[] filler() {
        return encoder.filler();
    }

    private boolean work(Runnable task) {
        if (!state.compareAndSet(IDLE, BUSY)) {
            return false;
        }
        try {
            task.run();
        } finally {
            if (!state.compareAndSet(BUSY, IDLE)) {
                ended();
            }
        }
        return true;
    }

    /** Closes the encoder, now or when the thread that works with it is done. Any thread may call, and again. */
    void end() {
        if (state.compareAndSet(IDLE, ENDED)) {
            close();
        } else if (!state.compareAndSet(BUSY, ENDING) && state.compareAndSet(IDLE, ENDED)) {
            close(); // the work was done between the two looks
        }
    }

    private void ended() {
        state.set(ENDED);
        close();
    }

    private void close() {
        open.decrementAndGet();
        encoder.close();
    }
}

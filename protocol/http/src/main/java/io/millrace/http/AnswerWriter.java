// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The answer of an {@link Exchange} on its way out: how far it has come ({@link ResponseState}), its body in slices, so
 * that a large one neither piles up nor is counted before it has left, and the verbs by which a wire format writes it.
 * On the loop, where not said otherwise.
 */
abstract class AnswerWriter {
    private static final int SLICE = 64 * 1024;
    private static final int FILE_SLICE = 1024 * 1024;

    private ResponseState state = ResponseState.OPEN;
    private int status;
    private long bytesSent;
    private boolean bodiless;

    // What is left of a body that goes out in slices: part of an array or of a file.
    private byte @Nullable [] restBytes;
    private @Nullable OpenFile restFile;
    private long restFrom;
    private long restLength;

    private final HttpContext context;

    AnswerWriter(HttpContext context) {
        this.context = context;
    }

    final HttpContext context() {
        return context;
    }

    // ---- what a wire format writes

    /** Writes the head of the answer; {@code length} is that of the body, -1 if it is not known. */
    protected abstract void writeHead(int status, FieldBlock fields, long length);

    /** Writes an interim answer where the format and the client know such. */
    protected abstract void writeInterim(int status, FieldBlock fields);

    /** Writes bytes of the body and keeps no reference to the array. */
    protected abstract void writeBody(byte[] bytes, int offset, int length);

    /** Writes bytes that never change, all of the body or part of one of a known length; may keep the array. */
    protected abstract void writeLasting(byte[] bytes, int offset, int length);

    /** Writes bytes that many answers share, as part of a body of unknown length. */
    protected void writeShared(SharedBytes bytes) {
        writeBody(bytes.array(), bytes.offset(), bytes.length());
    }

    /** Writes part of a file as part of the body and takes over the hold on it. */
    protected abstract void writeBody(OpenFile file, long from, long count);

    /** Ends the body. The trailers are {@code null} or go where the format has a place for them. */
    protected abstract void writeEnd(@Nullable FieldBlock trailers);

    /** Asks that what was written be sent. */
    protected abstract void flush();

    /** Whether more of the body may be written without piling up. On the loop. */
    protected abstract boolean writable();

    /** Ends the exchange without, or in the middle of, an answer. */
    protected abstract void abort();

    /** The answer has been handed over and this exchange is over: the next may begin. */
    protected abstract void answered();

    /** The reader of the body has come, or has stopped, or goes on; {@link Exchange#wantsBody} says which. */
    protected abstract void demandChanged();

    /** {@link Exchange#keepAliveDue} may be nearer than it was. On the loop. */
    protected abstract void keepAliveChanged();

    /**
     * Refuses what {@link #tunnel} could not do. Any thread may call that holds the exchange.
     *
     * @throws IllegalStateException if the client has not asked for that protocol, or cannot be given it
     */
    protected abstract void checkTunnel(String name);

    /**
     * Says that what carries this exchange speaks {@code name} from now on, and hands it over once the exchange is
     * answered: 101 and the connection in HTTP/1.1 (RFC 9110 section 7.8), 200 and the stream in HTTP/2 (RFC 8441).
     *
     * @return the status that was written
     */
    protected abstract int tunnel(String name, FieldBlock fields, Protocol next);

    // ---- what an exchange says

    /** Whether the client has asked with HEAD: the answer has no body, whatever its fields say. */
    abstract boolean isHeadRequest();

    /** Writes the head of a streamed answer if that has not been done. Returns whether the client is still there. */
    abstract boolean streamHead();

    /** Logs what the application threw. Any thread may call. */
    abstract void log(Throwable e);

    /** The answer is complete, or broken off. */
    abstract void answerEnded();

    // ---- how far it has come

    final void beginAnswer() {
        state = ResponseState.OPEN;
        status = 0;
        bytesSent = 0;
        bodiless = false;
    }

    final boolean isOpen() {
        return state == ResponseState.OPEN;
    }

    final boolean isInBody() {
        return state == ResponseState.BODY;
    }

    final boolean isDone() {
        return state == ResponseState.DONE;
    }

    final boolean isBroken() {
        return state == ResponseState.BROKEN;
    }

    final boolean isFinal() {
        return state.isFinal();
    }

    /** The status that was written, 0 if none was. */
    final int sentStatus() {
        return status;
    }

    final long bytesSent() {
        return bytesSent;
    }

    /** Whether the head of the answer has been written. */
    protected final boolean isBegun() {
        return status != 0;
    }

    /** Whether the answer has no content, whatever its fields say. */
    protected final boolean isBodiless() {
        return bodiless;
    }

    /** The connection has ended. Returns whether the answer was not complete. */
    final boolean markLost() {
        boolean unfinished = !state.isFinal();
        if (unfinished) {
            step(ResponseState.Event.BREAK);
        }
        return unfinished;
    }

    private void step(ResponseState.Event event) {
        ResponseState next = state.after(event);
        if (next == null) {
            throw new IllegalStateException(event + " when " + state);
        }
        state = next;
    }

    // ---- whole answers

    /** Answers with these bytes, which stay as they are. */
    final void answer(int withStatus, FieldBlock fields, byte[] bytes, int offset, int length) {
        if (!begun(withStatus, fields, length)) {
            return;
        }
        if (bodiless || length <= SLICE) {
            if (!bodiless && length > 0) {
                bytesSent = length;
                writeLasting(bytes, offset, length);
            }
            finish(null);
        } else {
            rest(bytes, null, offset, length);
        }
    }

    final void answer(int withStatus, FieldBlock fields, byte[] bytes) {
        answer(withStatus, fields, bytes, 0, bytes.length);
    }

    /** Answers with part of a file and takes over the hold on it. */
    final void answer(int withStatus, FieldBlock fields, OpenFile file, long from, long count) {
        if (!begun(withStatus, fields, count)) {
            file.close();
        } else if (bodiless || count == 0) {
            file.close();
            finish(null);
        } else {
            rest(null, file, from, count);
        }
    }

    /** Answers with a head whose body is not there. */
    final void answerHead(int withStatus, FieldBlock fields, long length) {
        if (begun(withStatus, fields, length)) {
            finish(null);
        }
    }

    final void interim(int interimStatus, FieldBlock fields) {
        if (state == ResponseState.OPEN) {
            writeInterim(interimStatus, fields);
            flush();
        }
    }

    /** Whether a part of the body is still to be written. */
    final boolean hasRest() {
        return restLength > 0;
    }

    // Slices keep a large body from piling up in memory, and the log from counting what never left.
    private void rest(byte @Nullable [] bytes, @Nullable OpenFile file, long from, long length) {
        restBytes = bytes;
        restFile = file;
        restFrom = from;
        restLength = length;
        pump();
    }

    final void pump() {
        do {
            long count = Math.min(restLength, restFile != null ? FILE_SLICE : SLICE);
            restLength -= count;
            bytesSent += count;
            if (restFile != null) {
                writeBody(restLength == 0 ? restFile : restFile.hold(), restFrom, count);
            } else if (restBytes != null) {
                writeLasting(restBytes, (int) restFrom, (int) count);
            }
            restFrom += count;
        } while (restLength > 0 && writable());
        flush();
        if (restLength == 0) {
            restBytes = null;
            restFile = null;
            finish(null);
        }
    }

    final void dropRest() {
        if (restFile != null) {
            restFile.close();
        }
        restBytes = null;
        restFile = null;
        restLength = 0;
    }

    /** Answers with another protocol, which takes over when the answer is out. */
    final void upgrade(FieldBlock fields, String name, Supplier<Protocol> next) {
        if (state != ResponseState.OPEN) {
            return;
        }
        Protocol successor = made(next);
        if (successor == null) {
            answerError(500, Status.reason(500));
            return;
        }
        step(ResponseState.Event.BEGIN);
        status = tunnel(name, fields, successor);
        ended();
    }

    // Made before anything is promised: a maker that fails is a handler that fails.
    private @Nullable Protocol made(Supplier<Protocol> next) {
        try {
            return Objects.requireNonNull(next.get(), "the protocol to upgrade to");
        } catch (RuntimeException | Error e) {
            log(e);
            return null;
        }
    }

    // The error if nothing was said yet, else the end of the connection.
    final void answerError(int errorStatus, String text) {
        if (state == ResponseState.OPEN) {
            FieldBlock fields = new FieldBlock();
            context.addErrorFields(fields);
            if (errorStatus == 503) {
                fields.append("Retry-After", "1");
            }
            answer(errorStatus, fields, Status.errorText(errorStatus, text, fields));
        } else {
            breakOff();
        }
    }

    // Writes the head, unless the client has gone.
    final boolean begun(int withStatus, FieldBlock fields, long length) {
        if (state != ResponseState.OPEN) {
            return false;
        }
        step(ResponseState.Event.BEGIN);
        status = withStatus;
        bodiless = isHeadRequest() || Status.isEmpty(withStatus) || withStatus == 205;
        // 205 has no content and must say so (RFC 9110 section 15.3.6).
        writeHead(withStatus, fields, withStatus == 205 ? 0 : length);
        return true;
    }

    final void finish(@Nullable FieldBlock trailers) {
        writeEnd(trailers);
        ended();
    }

    private void ended() {
        step(ResponseState.Event.END);
        flush();
        answerEnded();
    }

    /** Ends the connection at once. An answer that is complete stays as it is. */
    final void breakOff() {
        if (!state.isFinal()) {
            step(ResponseState.Event.BREAK);
            abort();
            answerEnded();
        }
    }

    // ---- streamed answers

    /** Writes bytes of a streamed body; those of an answer without one are dropped. */
    final void streamBytes(byte[] bytes, int offset, int length) {
        if (streamHead() && !bodiless) {
            bytesSent += length;
            writeBody(bytes, offset, length);
            flush();
        }
    }

    /** Writes bytes that many share of a streamed body; those of an answer without one are dropped. */
    final void streamShared(SharedBytes bytes) {
        if (streamHead() && !bodiless) {
            bytesSent += bytes.length();
            writeShared(bytes);
            flush();
        }
    }

    /** Writes part of a file of a streamed body; those of an answer without one are dropped. */
    final void streamFile(OpenFile file, long from, long count) {
        if (streamHead() && !bodiless && count > 0) {
            bytesSent += count;
            writeBody(file, from, count);
            flush();
        } else {
            file.close();
        }
    }

    /** Asks that what has been written of a streamed body be sent. */
    final void streamFlush() {
        if (streamHead()) {
            flush();
        }
    }
}

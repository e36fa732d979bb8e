// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.MemberSet;
import io.millrace.core.OpenFile;
import io.millrace.core.SharedBytes;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * A body as it is made. On a thread beside the loop writing waits while the peer is slow. On the loop it never waits:
 * ask {@link #writable}, and go on when {@link #onWritable} says so; what is written regardless is kept and sent.
 *
 * <p>A stream that is still open when its handler returns is closed then, wherever the handler ran. After
 * {@link Response#defer} it stays open, for any one thread at a time. What waits beside the loop: the {@code write}
 * methods, {@link #transfer}, {@link #close} and {@link #flush}, for as long as {@link Limits#writeTime} lets a peer
 * take nothing. What never waits anywhere: {@link #offer}, {@link #writable} and all that is not written. A thread that
 * serves many streams offers. Every method throws {@link IllegalStateException} for another thread, and after it was
 * closed by the return of its handler, and {@link IOException} when the handler has closed it or the connection has
 * ended.
 */
public abstract class ResponseStream extends OutputStream implements MemberSet.Member {

    /** For the wire formats. */
    protected ResponseStream() {}

    /** Returns whether the answer has neither been completed nor broken off. Any thread may ask. */
    @Override
    public abstract boolean isOpen();

    /** Returns whether the calling thread is the loop that carries this answer. Any thread may ask. */
    @Override
    public abstract boolean inLoop();

    /**
     * Runs a task on the loop that carries this answer, soon, even after it has ended. Any thread may call.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed, and the connection with it
     */
    @Override
    public abstract void execute(Runnable task);

    /** Returns the number of bytes that wait to be sent. On the loop. */
    public abstract long pending();

    /** Ends the connection at once, in the middle of the answer; of HTTP/2 the stream alone. On the loop. */
    public abstract void abort();

    /** Returns whether more may be written without piling up. */
    public abstract boolean writable();

    /** Sets a task to run, on the loop, each time {@link #writable} becomes true again. */
    public abstract void onWritable(Runnable task);

    /** Sets a task to run, on the loop, if the peer goes away before the body is complete. */
    public abstract void onAborted(Runnable task);

    /**
     * Adds a trailer field, before {@link #close}; where the body is not chunked it is left away.
     *
     * @throws IllegalArgumentException for a name that is no token, a value that cannot be sent, or a field that frames
     *     or routes the message (RFC 9110 section 6.5.1)
     */
    public abstract void trailer(String name, String value);

    /**
     * Writes and sends bytes if that needs no waiting. {@link #onWritable} tells when it is worth to try again. Never
     * waits, on whatever thread; a caller that is refused drops the bytes, keeps them, or ends the stream.
     *
     * @param bytes must not be changed afterwards
     * @return whether they were taken; all or none
     * @throws IOException if the stream is closed or the connection has ended
     */
    public boolean offer(byte[] bytes) throws IOException {
        if (!writable()) {
            if (!isOpen()) {
                throw new ClientAbortException("the stream has ended");
            }
            return false;
        }
        write(SharedBytes.of(bytes));
        flush();
        return true;
    }

    /**
     * Writes a text as UTF-8.
     *
     * @throws IOException if the stream is closed or the connection has ended
     */
    public void write(String text) throws IOException {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sends part of a file after what has been written so far. Takes over the caller's hold on the file, also when it
     * throws.
     *
     * @param from the first byte
     * @param count number of bytes
     * @throws IllegalArgumentException if the part does not lie in the file
     * @throws IOException if the stream is closed or the connection has ended
     */
    public abstract void transfer(OpenFile file, long from, long count) throws IOException;

    /**
     * Sends bytes that many streams share, after what has been written so far; encoded once, and not copied where the
     * carrier can.
     *
     * @throws IOException if the stream is closed or the connection has ended
     */
    public abstract void write(SharedBytes bytes) throws IOException;

    /**
     * Writes {@code bytes} whenever nothing has been sent for {@code silence}: so that proxies on the way do not take
     * the connection for dead, and a client that has gone is noticed. Written between what was flushed, never within.
     *
     * @param silence zero for not at all
     */
    public abstract void keepAlive(Duration silence, byte[] bytes);

    /**
     * Sends what has been written so far; does nothing once the stream is closed.
     *
     * @throws IOException on another thread than the loop, if something is to be sent and the connection has ended
     */
    @Override
    public abstract void flush() throws IOException;

    /**
     * Ends the body. A second call does nothing.
     *
     * @throws IOException as {@link #flush}; or if fewer bytes were written than announced, which ends the connection
     */
    @Override
    public abstract void close() throws IOException;
}

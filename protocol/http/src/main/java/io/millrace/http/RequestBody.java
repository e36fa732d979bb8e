// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * The body of a request, as it comes in. Nothing is read ahead of the handler: a body that nobody takes stops the peer
 * (back-pressure), and one that the handler leaves unread is read and dropped up to a limit, or ends the connection.
 * One of the ways to read may be used, once. The first use answers {@code Expect: 100-continue}. Valid as long as its
 * request.
 */
public abstract class RequestBody {

    /** For the wire formats. */
    protected RequestBody() {}

    /** Takes a body piece by piece, on the loop. */
    public interface Reader {

        /** Some bytes; the array is lent for the length of the call. */
        void data(byte[] bytes, int offset, int length);

        /** The body is complete; trailers are there. */
        void end();

        /** The body will not become complete: the peer went away, sent nonsense, or was too slow. */
        void failed(IOException why);
    }

    /** The announced length in bytes, 0 for no body, -1 if it is not known beforehand (chunked). */
    public abstract long length();

    /** Whether the request has no body. */
    public boolean isEmpty() {
        return length() == 0;
    }

    /**
     * Reads as the bytes come, without blocking: INLINE or deferred handlers. Calls come on the loop. What the reader
     * throws is answered as if the handler had thrown it. The response of an INLINE handler is {@link Response#defer
     * deferred} by this call: the reader answers.
     */
    public abstract void read(Reader reader);

    /**
     * Reads as {@link #read(Reader)} does, as much as is asked for: after {@code demand} calls of {@link Reader#data}
     * the peer is stopped until {@link #request} asks for more. The end and a failure are told without demand.
     *
     * @param demand number of calls to begin with, 0 or more; {@link Long#MAX_VALUE} for all there are
     * @throws IllegalArgumentException if {@code demand} is negative
     */
    public abstract void read(Reader reader, long demand);

    /**
     * Asks for {@code n} more calls of {@link Reader#data}, beside what {@link #pause} says. Any thread that may use
     * the body may call, the reader within its own calls included.
     *
     * @throws IllegalArgumentException if {@code n} is not positive
     */
    public abstract void request(long n);

    /** Stops and restarts the calls to the {@link Reader}, and with them the peer. On the loop. */
    public abstract void pause(boolean on);

    /**
     * Collects the whole body, without blocking, then calls {@code done} on the loop. A body longer than {@code limit}
     * is answered with 413. The response is {@link Response#defer deferred} by this call.
     */
    public abstract void collect(int limit, Consumer<byte[]> done);

    /**
     * The whole body, waiting for it. Not on the loop.
     *
     * @throws HttpException 413 if it is longer than {@code limit} bytes
     * @throws IOException if the peer does not send it whole
     * @throws IllegalStateException on the loop
     */
    public abstract byte[] bytes(int limit) throws IOException, HttpException;

    /** The body as a stream that waits for its bytes. Throws {@link IllegalStateException} on the loop. */
    public abstract InputStream stream();
}

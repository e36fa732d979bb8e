// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * The body of a request, as it comes in. Nothing is read ahead of the handler: a body that is not taken stops the peer
 * (back-pressure), and one that the handler leaves unread is read and dropped up to {@link Limits#unread}, or ends the
 * connection. One of the ways to read may be used, once; a second throws {@link IllegalStateException}. The first use
 * answers {@code Expect: 100-continue}. Valid as long as its request.
 */
public abstract class RequestBody {

    /** Number of bytes that a body may have that becomes an object. */
    public static final int MAPPED = 1 << 20;

    /** For the wire formats. */
    protected RequestBody() {}

    /**
     * Checks that a body can be understood as what its type says, for handlers that read the bytes themselves: coded
     * ones (RFC 9110 section 8.4) are something else.
     *
     * @throws HttpException 415 if it has a content coding that nothing before the handler has removed
     */
    public static void checkPlain(Request request) throws HttpException {
        String coding = request.headers().joined("Content-Encoding");
        if (coding != null && !coding.isBlank() && !coding.strip().equalsIgnoreCase("identity")) {
            throw new HttpException(415, "the coding of the body is not accepted");
        }
    }

    /** Takes a body piece by piece. Its methods are called on the loop and must not block. */
    public interface Reader {

        /** Takes some bytes. The array is lent for the length of the call. */
        void data(byte[] bytes, int offset, int length);

        /** The body is complete; trailers are there. */
        void end();

        /** The body will not become complete: the peer went away, sent what cannot be read, or was too slow. */
        void failed(IOException why);
    }

    /** Returns the announced length in bytes: 0 for no body, -1 if it is not known beforehand (chunked). */
    public abstract long length();

    /** Returns whether the request has no body. */
    public boolean isEmpty() {
        return length() == 0;
    }

    /**
     * Reads as the bytes come, without blocking. The calls come on the loop; what the reader throws is answered as if
     * the handler had thrown it. The response of an INLINE handler is {@link Response#defer deferred} by this call: the
     * reader answers.
     *
     * @throws IllegalStateException if the body has a reader already
     */
    public abstract void read(Reader reader);

    /**
     * Reads as {@link #read(Reader)} does, as much as is asked for: after {@code demand} calls of {@link Reader#data}
     * the peer is stopped until {@link #request} asks for more. The end and a failure are told without demand.
     *
     * @param demand number of calls to begin with, 0 or more; {@link Long#MAX_VALUE} for all there are
     * @throws IllegalArgumentException if {@code demand} is negative
     * @throws IllegalStateException if the body has a reader already
     */
    public abstract void read(Reader reader, long demand);

    /**
     * Asks for {@code n} more calls of {@link Reader#data}, beside what {@link #pause} says. Any thread that may use
     * the body may call, the reader within its own calls included.
     *
     * @throws IllegalArgumentException if {@code n} is not positive
     */
    public abstract void request(long n);

    /**
     * Stops the calls to the {@link Reader}, and with them the peer, or lets them go on. Any thread that may use the
     * body may call.
     */
    public abstract void pause(boolean on);

    /**
     * Collects the whole body, without blocking, then calls {@code done} on the loop. The response is
     * {@link Response#defer deferred} by this call. What {@code done} throws is answered as if the handler had thrown
     * it.
     *
     * @param limit bytes; a longer body is answered with 413
     * @throws IllegalStateException if the body has a reader already
     */
    public abstract void collect(int limit, Consumer<byte[]> done);

    /**
     * Waits for the whole body and returns it. Not on the loop.
     *
     * @param limit bytes that the body may have
     * @throws HttpException 413 if it is longer
     * @throws IOException if the peer does not send it whole, or the thread is interrupted
     * @throws IllegalStateException on the loop, or if the body has a reader already
     */
    public abstract byte[] bytes(int limit) throws IOException, HttpException;

    /**
     * Waits for the whole body and returns the object that it is, by the {@link BodyMapper} of the server. Not on the
     * loop. A body of more than {@link #MAPPED} bytes is refused.
     *
     * @throws HttpException 400 if it is no such object, 413 if it is longer, 415 if its type is said and not the
     *     mapper's, or if it has a content coding
     * @throws IOException as {@link #bytes}
     * @throws IllegalStateException as {@link #bytes}, or if the server has no mapper
     */
    public abstract <T> T as(Class<T> type) throws IOException, HttpException;

    /**
     * Returns the object that some bytes are, as {@link #as(Class)} does with those of the body: for what stands before
     * handlers and changes bodies. Any thread may call.
     *
     * @throws HttpException 400 or 415, as {@link #as(Class)}
     * @throws IllegalStateException if the server has no mapper
     */
    public abstract <T> T map(byte[] bytes, Class<T> type) throws HttpException;

    /**
     * Collects the whole body, without blocking, then calls {@code done} on the loop with the object that it is. What
     * {@link #as(Class)} throws is answered; {@link #collect} says what becomes of the response.
     *
     * @throws IllegalStateException if the body has a reader already, or the server has no mapper
     */
    public abstract <T> void as(Class<T> type, Consumer<? super T> done);

    /**
     * Returns the body as a stream whose reads wait for bytes. Its reads throw {@link IOException} if the peer does not
     * send the body whole.
     *
     * @throws IllegalStateException on the loop, or if the body has a reader already
     */
    public abstract InputStream stream();
}

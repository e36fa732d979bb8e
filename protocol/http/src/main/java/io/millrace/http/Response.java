// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.OpenFile;
import io.millrace.core.Printable;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The answer to one request: status and fields first, then exactly one of the {@code send} methods or {@link #stream}.
 * Date, Server (unless switched off), Content-Length, Transfer-Encoding and Connection are the server's work. For HEAD,
 * and for statuses without content, the body is left away and the fields stay true.
 *
 * <p>A response belongs to its handler until the handler returns: to the handler's thread for an INLINE one, to every
 * thread that a handler elsewhere shares it with. A handler that answers later, or looks at its response later, calls
 * {@link #defer} before it returns; then any one thread at a time may use the response until the exchange is over.
 * Otherwise every method throws {@link IllegalStateException}. Tasks of {@link #onComplete} may still look at request
 * and response.
 *
 * <p>The methods that set something or send throw {@link IllegalStateException} once the response is {@link #committed
 * committed}.
 */
public abstract class Response {

    /** For the wire formats. */
    protected Response() {}

    /**
     * Sets the status; 200 if never set.
     *
     * @param status 200 to 599
     * @throws IllegalArgumentException for another status
     * @throws IllegalStateException if the response is committed
     */
    public abstract Response status(int status);

    /** Returns the status as set so far, 200 if none was. */
    public abstract int status();

    /**
     * Adds a header field.
     *
     * @throws IllegalArgumentException for a name that is no token, a value with CR, LF or NUL, or a field that is the
     *     server's work (Content-Length, Transfer-Encoding, Connection, Date)
     * @throws IllegalStateException if the response is committed
     */
    public abstract Response header(String name, String value);

    /**
     * Sets a header field in place of those of the same name.
     *
     * @throws IllegalArgumentException as {@link #header(String, String)}
     * @throws IllegalStateException if the response is committed
     */
    public abstract Response setHeader(String name, String value);

    /** Returns the first value that was set for a header field, or {@code null} if there is none. */
    public abstract @Nullable String header(String name);

    /**
     * Sets the Content-Type field.
     *
     * @throws IllegalArgumentException as {@link #header(String, String)}
     * @throws IllegalStateException if the response is committed
     */
    public Response type(String mediaType) {
        return setHeader("Content-Type", mediaType);
    }

    /** Adds a header field beside those of the same name, as {@link #header(String, String)} does. */
    public Response addHeader(String name, String value) {
        return header(name, value);
    }

    /** Sets a cookie; one that was set before by the same answer stays. */
    public Response cookie(Cookie cookie) {
        checkUncommitted();
        return header("Set-Cookie", cookie.toString());
    }

    /**
     * Removes the cookie {@code name} that was set for this host and the path {@code /}. One with another path or a
     * domain is removed by setting it again with {@link Cookie#maxAge} zero.
     */
    public Response removeCookie(String name) {
        return cookie(Cookie.of(name, "").maxAge(Duration.ZERO));
    }

    /**
     * Offers what is sent to be stored under a name (RFC 6266); a client shows its dialog instead of the content.
     *
     * @param fileName any text without line breaks; what leads to another folder is for the client to refuse
     * @throws IllegalArgumentException if it has control characters
     */
    public Response attachment(String fileName) {
        checkUncommitted();
        return setHeader("Content-Disposition", "attachment" + FieldSyntax.fileName(fileName));
    }

    /**
     * Answers with 303: the client asks for {@code location} next, by GET whatever its method was (RFC 9110 section
     * 15.4.4).
     *
     * @param location an URI, or a path of this server, percent-encoded
     * @throws IllegalArgumentException if it has other than the printable characters of ASCII
     */
    public void redirect(String location) {
        redirect(303, location);
    }

    /**
     * Answers with a redirection: 301 and 308 for good, 302 and 307 for now; 307 and 308 keep the method.
     *
     * @throws IllegalArgumentException if the status is none of 301, 302, 303, 307, 308, or as
     *     {@link #redirect(String)}
     */
    public void redirect(int status, String location) {
        checkUncommitted();
        if (status != 301 && status != 302 && status != 303 && status != 307 && status != 308) {
            throw new IllegalArgumentException("not the status of a redirection: " + status);
        }
        if (location.isEmpty() || !location.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException("a location is percent-encoded: " + Printable.text(location));
        }
        status(status).setHeader("Location", location).send();
    }

    // Before the arguments are looked at: what is over is the first thing to say.
    private void checkUncommitted() {
        if (committed()) {
            throw new IllegalStateException("the response is committed: nothing can be added to it");
        }
    }

    /**
     * Answers with an object, by the {@link BodyMapper} of the server.
     *
     * @throws IllegalArgumentException if the mapper cannot write it
     * @throws IllegalStateException if the server has no mapper
     */
    public void json(Object value) {
        json(value, this);
    }

    /**
     * Answers with a file, as static files are answered: with type, conditions and ranges. Opens it on the calling
     * thread.
     *
     * @throws IOException if it cannot be opened; a {@link java.nio.file.NoSuchFileException} if it is not there
     * @throws IllegalStateException if the server cannot send files
     */
    public abstract void send(Path file) throws IOException;

    /**
     * Does what {@link #json(Object)} does by the methods of another response: for filters that change what handlers
     * send.
     *
     * @throws IllegalArgumentException as {@link #json(Object)}
     * @throws IllegalStateException as {@link #json(Object)}
     */
    public abstract void json(Object value, Response through);

    /**
     * Does what {@link #send(Path)} does, by the conditions of another request and the methods of another response: for
     * filters that change what handlers see and send.
     *
     * @throws IOException as {@link #send(Path)}
     * @throws IllegalStateException as {@link #send(Path)}
     */
    public abstract void send(Path file, Request request, Response through) throws IOException;

    /**
     * Answers without a body.
     *
     * @throws IllegalStateException if the response is committed
     */
    public abstract void send();

    /**
     * Answers with bytes. The array must not be changed afterwards.
     *
     * @throws IllegalStateException if the response is committed
     */
    public abstract void send(byte[] body);

    /**
     * Answers with part of an array, which must not be changed afterwards.
     *
     * @throws IndexOutOfBoundsException if the part does not lie in the array
     * @throws IllegalStateException if the response is committed
     */
    public abstract void send(byte[] body, int offset, int length);

    /**
     * Answers with a text as UTF-8; its type is {@code text/plain; charset=utf-8} unless one was set.
     *
     * @throws IllegalStateException if the response is committed
     */
    public abstract void send(String text);

    /**
     * Answers with part of a file, without passing it through the heap where the carrier can. Takes over the caller's
     * hold on the file, also when it throws.
     *
     * @param from the first byte
     * @param count number of bytes
     * @throws IllegalArgumentException if the part does not lie in the file
     * @throws IllegalStateException if the response is committed
     */
    public abstract void send(OpenFile file, long from, long count);

    /**
     * Answers with a body of unknown length: in chunks, or until the connection ends for HTTP/1.0. The head is sent
     * with the first flush.
     *
     * @throws IllegalStateException if the response is committed
     */
    public abstract ResponseStream stream();

    /**
     * Answers with a body of a known length as a stream. Writing more or less than announced ends the connection.
     *
     * @param length bytes
     * @throws IllegalArgumentException if {@code length} is negative
     * @throws IllegalStateException if the response is committed
     */
    public abstract ResponseStream stream(long length);

    /**
     * Keeps the exchange open after the handler has returned: the answer comes later. From now on any one thread at a
     * time may use request, response, body and stream, for as long as it likes.
     */
    public abstract Response defer();

    /** Returns whether the head of the answer is settled: status and fields cannot be changed any more. */
    public abstract boolean committed();

    /** Ends the connection at once, without or in the middle of an answer. In HTTP/2 only the stream ends. */
    public abstract void abort();

    /**
     * Runs a task on the loop of this connection. Any thread may call, after {@link #defer}.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed, and the connection with it
     */
    public abstract void execute(Runnable task);

    /**
     * Hands what carries this exchange to another protocol, which the client has asked for: in HTTP/1.1 the connection,
     * after the answer 101 with the fields set so far (RFC 9110 section 7.8). Input that has come meanwhile is the new
     * protocol's. The handler may run anywhere, and after {@link #defer} any thread may call.
     *
     * @param name the protocol's name for the Upgrade field, such as {@code websocket}
     * @param next makes the protocol, on the loop, before anything is sent; should it fail, the answer is 500
     * @throws IllegalStateException if the client has not asked for that protocol, or its request has a body that has
     *     not been read
     */
    public abstract void upgrade(String name, Supplier<Protocol> next);

    /**
     * Sends an interim answer now, with the fields set so far, which the final answer has too: 103 with {@code Link}
     * fields, for instance, so that the client loads what it will need (RFC 8297). Sends nothing to clients of
     * HTTP/1.0, which know no interim answers.
     *
     * @param status 102 to 199; 100 is sent by reading the body, 101 by {@link #upgrade}
     * @throws IllegalArgumentException for another status
     * @throws IllegalStateException if the response is committed
     */
    public abstract Response interim(int status);

    /**
     * Answers with a head that announces a body of {@code length} bytes and with no body, where there is none: to HEAD,
     * and for 204 and 304 (RFC 9110 section 8.6). For those who know the length and do not have the body.
     *
     * @param length the length in bytes, -1 if it is not known
     * @throws IllegalStateException if the answer has a body, or is committed
     */
    public abstract void sendHead(long length);

    /**
     * Sets a task to run, on the loop, if the client goes away or the connection ends before the answer is complete,
     * whether a stream has been opened or not. It runs at once if that has happened already.
     */
    public abstract void onAborted(Runnable task);

    /**
     * Sets a task to run, on the loop, when the server begins to stop in good order and this answer is not complete; at
     * once if it has begun. What would go on without end, such as a stream of events, ends itself then.
     */
    public abstract void onStopping(Runnable task);

    /**
     * Ends the connection after this answer, which says so: {@code Connection: close} in HTTP/1.1. Of no effect where
     * the carrier of an exchange is not the connection (HTTP/2).
     *
     * @throws IllegalStateException if the response is committed
     */
    public abstract Response closeAfter();

    /**
     * Answers as if the handler had thrown {@code e}: by its {@link ErrorHandlers error handler}, with the status of an
     * {@link HttpException}, with 500 for anything else, which is logged. Once the head of the answer has left, the
     * connection is ended instead. For handlers that have {@link #defer deferred} and fail later, by whatever thread;
     * one that has not deferred answers at once, on its own thread.
     */
    public abstract void fail(Throwable e);

    /** Sets a task to run, on the loop, when the exchange is over: for logs and measures. */
    public abstract void onComplete(Runnable task);

    /** Sets what is told, on the loop, what has come of the exchange when it is over: for logs and measures. */
    public abstract void onComplete(Consumer<Outcome> task);

    /**
     * What has come of an exchange.
     *
     * @param result whether the answer is complete
     * @param status the status that was sent, 0 if the connection ended before an answer began
     * @param bytes number of bytes of the body that were handed to the connection
     * @param nanos nanoseconds from the beginning of the request until now, by the turns of the loop
     */
    public record Outcome(Result result, int status, long bytes, long nanos) {}

    /** How an exchange ended. */
    public enum Result {
        /** The answer was handed to the connection, whole; an {@link HttpException} is an answer, too. */
        COMPLETE,
        /** The handler failed, or a reader of the body, and what was sent whole says so where it still could. */
        FAILED,
        /** The connection ended, or was ended, before the answer was complete. */
        ABORTED
    }

    /** Returns the number of bytes of the body that were handed to the connection so far, framing not counted. */
    public abstract long bytesSent();
}

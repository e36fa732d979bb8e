// SPDX-License-Identifier: Apache-2.0
package io.millrace.sse;

import io.millrace.core.MemberSet;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An answer of events (text/event-stream, the HTML standard's section 9.2), which goes on as long as both sides like.
 * Each event leaves at once. After 15 seconds of silence a comment is sent, so that proxies keep the connection and a
 * client that has gone is noticed.
 *
 * <p>Is for threads as {@link ResponseStream} is: on the loop nothing waits, and {@link #writable} says whether the
 * client follows; on another thread {@link #send} waits for a slow client. {@link EventGroup} sends to many.
 */
public final class EventStream implements MemberSet.Member, AutoCloseable {
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(15);
    private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.US_ASCII);

    private final ResponseStream stream;
    private final @Nullable String lastEventId;

    private EventStream(ResponseStream stream, @Nullable String lastEventId) {
        this.stream = stream;
        this.lastEventId = lastEventId;
    }

    /**
     * Answers a request with events, and sends the head at once. The response of an INLINE handler is
     * {@link Response#defer deferred} by this call; a handler elsewhere that returns ends the stream, unless it called
     * {@code defer}. A stream that is open when the server begins to stop is closed.
     */
    public static EventStream open(Request request, Response response) {
        response.setHeader("Content-Type", "text/event-stream");
        if (response.header("Cache-Control") == null) {
            response.setHeader("Cache-Control", "no-store");
        }
        if (request.dispatch().isInline()) {
            response.defer();
        }
        EventStream events = new EventStream(response.stream(), lastEventId(request));
        response.onStopping(events::end);
        events.keepAlive(KEEP_ALIVE);
        try {
            events.stream.flush();
        } catch (IOException e) {
            assert !events.isOpen() : e; // the client has gone, which onClosed tells
        }
        return events;
    }

    // The server begins to stop: the client comes back to another one.
    private void end() {
        try {
            close();
        } catch (IOException e) {
            assert !isOpen() : e; // the client has gone, which onClosed tells
        }
    }

    private static @Nullable String lastEventId(Request request) {
        String sent = request.header("Last-Event-ID");
        if (sent == null || sent.isEmpty()) {
            return null;
        }
        return new String(sent.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    /** Returns the identifier of the last event that the client has seen, if it comes back, else {@code null}. */
    public @Nullable String lastEventId() {
        return lastEventId;
    }

    /**
     * Sends an event that is only data.
     *
     * @throws IOException if the client has gone
     */
    public void send(String data) throws IOException {
        send(ServerSentEvent.of(data));
    }

    /**
     * Sends an event.
     *
     * @throws IOException if the client has gone
     */
    public void send(ServerSentEvent event) throws IOException {
        stream.write(event.encoded());
        stream.flush();
    }

    /**
     * Sends a comment, which clients do not tell.
     *
     * @throws IOException if the client has gone
     */
    public void comment(String text) throws IOException {
        StringBuilder lines = new StringBuilder();
        ServerSentEvent.lines(lines, ": ", text);
        stream.write(lines.append('\n').toString());
        stream.flush();
    }

    /** Sends a comment after so much silence, in place of 15 seconds; zero for never. */
    public void keepAlive(Duration silence) {
        stream.keepAlive(silence, COMMENT);
    }

    /** Returns whether more may be sent without piling up. */
    public boolean writable() {
        return stream.writable();
    }

    /** Sets what to call, on the loop, each time {@link #writable} becomes true again. */
    public void onWritable(Runnable task) {
        stream.onWritable(task);
    }

    /** Sets what to call, on the loop, when the client has gone. */
    public void onClosed(Runnable task) {
        stream.onAborted(task);
    }

    /** Ends the stream. Browsers come back after a while, unless they are answered with 204. */
    @Override
    public void close() throws IOException {
        stream.close();
    }

    /** Returns whether the stream has not ended. Any thread may ask. */
    @Override
    public boolean isOpen() {
        return stream.isOpen();
    }

    /** Returns whether the calling thread is the loop that carries this stream. Any thread may ask. */
    @Override
    public boolean inLoop() {
        return stream.inLoop();
    }

    /**
     * Runs a task on the loop that carries this stream, soon. Any thread may call.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed, and the connection with it
     */
    @Override
    public void execute(Runnable task) {
        stream.execute(task);
    }

    /** On the loop: sends an event if no more than so many bytes wait then; whether it did. */
    boolean offer(ServerSentEvent event, long mostPending) {
        if (stream.pending() > mostPending - event.encoded().length()) {
            return false;
        }
        try {
            send(event);
        } catch (IOException e) {
            assert !isOpen() : e; // it has ended, and leaves with the next event
        }
        return true;
    }

    /** On the loop: breaks the answer off. */
    void abort() {
        stream.abort();
    }
}

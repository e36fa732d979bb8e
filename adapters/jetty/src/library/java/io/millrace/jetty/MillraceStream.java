// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.Invocable;

/**
 * The way of an answer from Jetty to the connection. Any thread sends, one send at a time; everything else happens on
 * the loop.
 */
final class MillraceStream implements HttpStream {
    private static final byte[] NOTHING = {};

    private final RequestExchange exchange;
    private final RequestBodyChunks body;
    private final Response response;
    private final boolean isHead;
    private volatile boolean committed;
    private volatile boolean hasInterim;
    private volatile long idleTimeout;
    private volatile Throwable failure;

    // On the loop.
    private ResponseStream stream;
    private Supplier<HttpFields> trailers;
    private volatile boolean isBodyless;
    private boolean isUpgraded;
    private boolean isHeld;
    private Callback waiting;

    MillraceStream(RequestExchange exchange, RequestBodyChunks body, Response response, boolean isHead) {
        this.exchange = exchange;
        this.body = body;
        this.response = response;
        this.isHead = isHead;
        this.idleTimeout = exchange.getConnector().getIdleTimeout();
    }

    // ---- the request

    @Override
    public String getId() {
        return "1";
    }

    @Override
    public Content.Chunk read() {
        return body.take();
    }

    @Override
    public void demand() {
        body.demand();
    }

    /** Leaves what is unread to the connection, which reads it away within its limits or ends. */
    @Override
    public Throwable consumeAvailable() {
        return null;
    }

    @Override
    public long getIdleTimeout() {
        return idleTimeout;
    }

    /** Notes the time; what limits a body that stands still is the connector's. */
    @Override
    public void setIdleTimeout(long millis) {
        idleTimeout = millis;
    }

    // ---- the answer

    @Override
    public void prepareResponse(HttpFields.Mutable headers) {}

    @Override
    public boolean isCommitted() {
        return committed;
    }

    @Override
    public void send(
            MetaData.Request request, MetaData.Response head, boolean last, ByteBuffer content, Callback callback) {
        if (head == null && !last && (content == null || !content.hasRemaining())) {
            callback.succeeded();
            return;
        }
        if (head != null && committed) {
            callback.failed(new IllegalStateException("Committed"));
            return;
        }
        if (head != null && (head.getStatus() >= 200 || head.getStatus() == 101)) {
            committed = true;
        }
        // Taken on the caller's thread: the buffer goes back to a pool, and the loop has other things to do.
        int length = content == null ? 0 : content.remaining();
        byte[] bytes = taken(content, !isHead);
        if (last && isWhole(head, bytes)) {
            sendWhole(head, bytes, length, callback);
        } else if (!exchange.onLoop(() -> sendOnLoop(head, last, bytes, length, callback))) {
            callback.failed(new EofException("the connection has ended"));
        }
    }

    // Nothing follows, and nothing waits: no need of the loop, nor of another thread for the callback.
    private boolean isWhole(MetaData.Response head, byte[] bytes) {
        if (head == null || head.getStatus() < 200 || head.getTrailersSupplier() != null || !body.isEnded()) {
            return false;
        }
        long announced = announced(head);
        return isHead || announced < 0 || announced == bytes.length;
    }

    private void sendWhole(MetaData.Response head, byte[] bytes, int length, Callback callback) {
        if (failure != null) {
            callback.failed(failure);
            return;
        }
        try {
            beginHead(head);
            if (!sendWithoutBody(head, true, length)) {
                response.send(bytes);
            }
        } catch (RuntimeException e) {
            callback.failed(new EofException(e)); // the connection has ended, or a field cannot be sent
            return;
        }
        callback.succeeded();
    }

    private static long announced(MetaData.Response head) {
        long announced = head.getHttpFields().getLongField("Content-Length");
        return announced < 0 ? head.getContentLength() : announced;
    }

    private static byte[] taken(ByteBuffer content, boolean wanted) {
        if (content == null || !content.hasRemaining()) {
            return NOTHING;
        }
        byte[] bytes = wanted ? new byte[content.remaining()] : NOTHING;
        content.get(content.position(), bytes);
        content.position(content.limit());
        return bytes;
    }

    private void sendOnLoop(MetaData.Response head, boolean last, byte[] bytes, int length, Callback callback) {
        if (failure != null) {
            fail(callback, failure);
            return;
        }
        try {
            if (head == null) {
                write(last, bytes, callback);
            } else if (head.getStatus() == 101) {
                upgrade(head);
                succeed(callback);
            } else if (head.getStatus() < 200) {
                interim(head);
                succeed(callback);
            } else {
                begin(head, last, bytes, length, callback);
            }
        } catch (IOException | RuntimeException e) {
            fail(callback, e);
        }
    }

    private void interim(MetaData.Response head) {
        if (head.getStatus() > 101) {
            ResponseFields.copy(head.getHttpFields(), response, hasInterim);
            hasInterim = true;
            response.interim(head.getStatus());
        }
    }

    private void upgrade(MetaData.Response head) {
        HttpField name = head.getHttpFields().getField("Upgrade");
        ResponseFields.copy(head.getHttpFields(), response, hasInterim);
        LinkEndPoint end = exchange.endPoint();
        response.upgrade(name == null ? "" : name.getValue().toLowerCase(Locale.ROOT), end::protocol);
        isUpgraded = true;
    }

    private void begin(MetaData.Response head, boolean last, byte[] bytes, int length, Callback callback)
            throws IOException {
        beginHead(head);
        trailers = head.getTrailersSupplier();
        if (sendWithoutBody(head, last, length)) {
            succeed(callback);
            return;
        }
        long announced = announced(head);
        if (last && trailers == null && (announced < 0 || announced == bytes.length)) {
            stream = response.stream(bytes.length);
            write(true, bytes, callback);
        } else {
            stream = announced < 0 || trailers != null ? response.stream() : response.stream(announced);
            stream.onWritable(this::writable);
            write(last, bytes, callback);
        }
    }

    private void beginHead(MetaData.Response head) {
        response.status(head.getStatus());
        if (ResponseFields.copy(head.getHttpFields(), response, hasInterim)
                || exchange.getConnector().isShutdown()) {
            response.closeAfter();
        }
    }

    private boolean sendWithoutBody(MetaData.Response head, boolean last, int length) {
        int status = head.getStatus();
        if (!isHead && status != 204 && status != 304) {
            return false;
        }
        isBodyless = true;
        long announced = announced(head);
        response.sendHead(status == 204 ? -1 : announced < 0 && last && status != 304 ? length : announced);
        return true;
    }

    private void write(boolean last, byte[] bytes, Callback callback) throws IOException {
        if (isBodyless || stream == null) {
            succeed(callback);
            return;
        }
        if (bytes.length > 0) {
            stream.write(bytes, 0, bytes.length);
        }
        if (last) {
            addTrailers();
            end();
            succeed(callback);
            return;
        }
        stream.flush();
        if (stream.writable()) {
            succeed(callback);
        } else {
            waiting = callback;
        }
    }

    // The exchange, and with it the request's body, ends with the answer: a handler may read on after it.
    private void end() throws IOException {
        if (body.isEnded()) {
            stream.close();
        } else {
            stream.flush();
            isHeld = true;
        }
    }

    private void release() {
        if (isHeld) {
            isHeld = false;
            try {
                stream.close();
            } catch (IOException e) {
                failure = e; // the client has gone meanwhile
            }
        }
    }

    private void addTrailers() {
        HttpFields fields = trailers == null ? null : trailers.get();
        if (fields != null) {
            fields.forEach(field -> stream.trailer(field.getName(), field.getValue()));
        }
    }

    private void writable() {
        Callback ready = waiting;
        waiting = null;
        if (ready != null) {
            succeed(ready);
        }
    }

    private void succeed(Callback callback) {
        if (Invocable.getInvocationType(callback) == InvocationType.BLOCKING) {
            exchange.run(callback::succeeded);
        } else {
            callback.succeeded();
        }
    }

    private void fail(Callback callback, Throwable why) {
        exchange.run(() -> callback.failed(why));
    }

    // ---- the end

    /** The client has gone. On the loop. */
    void aborted(IOException why) {
        failure = why;
        Callback cut = waiting;
        waiting = null;
        if (cut != null) {
            fail(cut, why);
        }
        body.failed(why);
    }

    @Override
    public Runnable cancelSend(Throwable cause, Callback appCallback) {
        return () -> {
            boolean runs = exchange.onLoop(() -> {
                Callback cut = waiting;
                waiting = null;
                if (failure == null) {
                    failure = cause;
                }
                if (cut != null) {
                    fail(cut, cause);
                }
                fail(appCallback, cause);
            });
            if (!runs) {
                appCallback.failed(cause);
            }
        };
    }

    /** Jetty is done with the exchange. A connection that has been upgraded goes to the protocol that Jetty chose. */
    @Override
    public void succeeded() {
        exchange.onLoop(this::release);
        Object next = exchange.channel().getRequest().getAttribute(UPGRADE_CONNECTION_ATTRIBUTE);
        if (next instanceof Connection connection && isUpgraded) {
            exchange.endPoint().upgrade(connection);
        }
        exchange.channel().recycle();
    }

    @Override
    public void failed(Throwable why) {
        if (!exchange.onLoop(response::abort)) {
            return;
        }
        exchange.channel().setHttpStream(null);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.core.DirectoryRoot;
import io.millrace.core.OpenFile;
import io.millrace.http.Response;
import io.millrace.http.ResponseStream;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ZeroCopyHttpOutputMessage;
import org.springframework.http.server.reactive.AbstractServerHttpResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An answer as Spring makes it. Status and fields are kept until the first part of the body is there; everything that
 * reaches the connection does so on the loop.
 */
final class MillraceServerHttpResponse extends AbstractServerHttpResponse implements ZeroCopyHttpOutputMessage {
    private static final Set<String> THE_CONNECTIONS =
            Set.of("content-length", "transfer-encoding", "date", "connection", "keep-alive");

    private final LoopExchange exchange;
    private final Response response;
    private long announced = -1;
    private boolean closes;

    // On the loop.
    private ResponseStream stream;
    private boolean isBegun;
    private boolean isEnded;

    MillraceServerHttpResponse(LoopExchange exchange) {
        super(DefaultDataBufferFactory.sharedInstance);
        this.exchange = exchange;
        this.response = exchange.response;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getNativeResponse() {
        return (T) response;
    }

    // ---- the head; before anything is on its way, one thread after the other

    @Override
    protected void applyStatusCode() {
        HttpStatusCode status = getStatusCode();
        if (status != null && status.value() >= 200) {
            response.status(status.value());
        }
    }

    @Override
    protected void applyHeaders() {
        announced = getHeaders().getContentLength();
        closes = getHeaders().getConnection().stream().anyMatch("close"::equalsIgnoreCase);
        getHeaders().forEach(this::apply);
    }

    private void apply(String name, List<String> values) {
        if (!THE_CONNECTIONS.contains(name.toLowerCase(Locale.ROOT))) {
            values.forEach(value -> response.header(name, value == null ? "" : value));
        }
    }

    @Override
    protected void applyCookies() {
        for (List<ResponseCookie> cookies : getCookies().values()) {
            cookies.forEach(cookie -> response.header("Set-Cookie", cookie.toString()));
        }
    }

    // ---- the body

    @Override
    protected Mono<Void> writeWithInternal(Publisher<? extends DataBuffer> body) {
        if (body instanceof Mono) {
            return Mono.from(body).flatMap(this::writeOnly);
        }
        return Mono.from(new BodyWriter(this, exchange, Flux.just(body)));
    }

    @Override
    protected Mono<Void> writeAndFlushWithInternal(Publisher<? extends Publisher<? extends DataBuffer>> body) {
        return Mono.from(new BodyWriter(this, exchange, body));
    }

    /** Sends a body of one piece, whose length is thereby known. */
    private Mono<Void> writeOnly(DataBuffer buffer) {
        byte[] bytes = taken(buffer);
        return Mono.create(sink -> {
            boolean runs = exchange.onLoop(() -> {
                try {
                    sendOnly(bytes);
                    sink.success();
                } catch (IOException | RuntimeException e) {
                    sink.error(e);
                }
            });
            if (!runs) {
                sink.error(new IOException("the connection has ended"));
            }
        });
    }

    static byte[] taken(DataBuffer buffer) {
        byte[] bytes = new byte[buffer.readableByteCount()];
        buffer.read(bytes);
        DataBufferUtils.release(buffer);
        return bytes;
    }

    private void sendOnly(byte[] bytes) throws IOException {
        checkOpen();
        // The exchange ends with its answer, and with it the request's body, which the handler may go on reading.
        if (exchange.body.isEnded() && (announced < 0 || announced == bytes.length)) {
            begin();
            isEnded = true;
            response.send(bytes);
            return;
        }
        announced = announced < 0 ? bytes.length : announced;
        stream().write(bytes, 0, bytes.length);
        stream.flush();
    }

    private void checkOpen() throws IOException {
        if (exchange.isAborted()) {
            throw new IOException("the client has gone");
        }
    }

    private void begin() {
        isBegun = true;
        if (closes) {
            response.closeAfter();
        }
    }

    /** Returns the stream of the body, which it opens at the first call. On the loop. */
    ResponseStream stream() throws IOException {
        checkOpen();
        if (stream == null) {
            begin();
            stream = announced < 0 ? response.stream() : response.stream(announced);
        }
        return stream;
    }

    /**
     * Returns the stream, also for a body without a piece; {@code null} if a length of 0 was announced. On the loop.
     */
    ResponseStream streamUnlessNone() throws IOException {
        return announced == 0 ? null : stream();
    }

    @Override
    public Mono<Void> writeWith(Path file, long position, long count) {
        return doCommit(() -> Mono.create(sink -> {
            OpenFile opened;
            try (DirectoryRoot folder =
                    WebServer.openFolder(file.toAbsolutePath().getParent(), true)) {
                opened = folder.open(file.getFileName().toString());
            } catch (IOException | RuntimeException e) {
                sink.error(e);
                return;
            }
            boolean runs = exchange.onLoop(() -> {
                try {
                    stream().transfer(opened.hold(), position, count);
                    stream.flush();
                    sink.success();
                } catch (IOException | RuntimeException e) {
                    sink.error(e);
                } finally {
                    opened.close();
                }
            });
            if (!runs) {
                opened.close();
                sink.error(new IOException("the connection has ended"));
            }
        }));
    }

    // ---- the end; on the loop

    /** Runs a task on the loop. Returns whether it will run. */
    boolean onLoop(Runnable task) {
        return exchange.onLoop(task);
    }

    /** The connection is another protocol's now, or is answered by it. On the loop. */
    void upgraded() {
        isBegun = true;
        isEnded = true;
    }

    /** The handler is done. */
    void completed() {
        if (isEnded || exchange.isAborted()) {
            return;
        }
        isEnded = true;
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException e) {
                response.abort();
            }
            return;
        }
        boolean hasNone = exchange.request.method().equals("HEAD") || response.status() == 304;
        if (!isBegun) {
            begin();
            if (hasNone) {
                response.sendHead(announced);
            } else {
                response.send();
            }
        }
    }

    /** The handler has failed, beyond what Spring answers itself. */
    void failed(Throwable failure) {
        if (isEnded || exchange.isAborted()) {
            return;
        }
        isEnded = true;
        if (isBegun || isCommitted()) {
            response.abort();
        } else {
            response.fail(failure);
        }
    }
}

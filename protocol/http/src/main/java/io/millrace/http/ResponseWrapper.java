// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A response that does everything by another one: for filters that change what handlers send. Override what differs.
 *
 * <p>What handlers send arrives in few methods. Texts, JSON, redirects and answers without a body come to
 * {@link #send(byte[], int, int)}; files, also those that are named by a path, to {@link #send(OpenFile, long, long)};
 * bodies that are made piece by piece to {@link #stream()} and {@link #stream(long)}; heads without a body to
 * {@link #sendHead}. All fields pass {@link #header(String, String)} or {@link #setHeader}.
 *
 * <pre>{@code
 * server.filter((request, response, next) -> next.handle(request, new ResponseWrapper(request, response) {
 *     @Override
 *     public void send(byte[] body, int offset, int length) {
 *         header("X-Length", String.valueOf(length));
 *         super.send(body, offset, length);
 *     }
 * }));
 * }</pre>
 *
 * <p>Error answers of the server and of error handlers are sent by the wrapped response: a filter that is to change
 * those, too, sets its fields before it calls what is behind it. Valid as long as the wrapped response, and for the
 * same threads.
 */
public abstract class ResponseWrapper extends Response {
    private static final byte[] NOTHING = {};

    private final Request request;
    private final Response response;

    /**
     * Wraps a response.
     *
     * @param request the request as handlers see it, by whose conditions and ranges files are sent
     */
    protected ResponseWrapper(Request request, Response response) {
        this.request = request;
        this.response = response;
    }

    /** Returns the response that is wrapped. */
    protected final Response wrapped() {
        return response;
    }

    @Override
    public Response status(int status) {
        response.status(status);
        return this;
    }

    @Override
    public int status() {
        return response.status();
    }

    @Override
    public Response header(String name, String value) {
        response.header(name, value);
        return this;
    }

    @Override
    public Response setHeader(String name, String value) {
        response.setHeader(name, value);
        return this;
    }

    @Override
    public @Nullable String header(String name) {
        return response.header(name);
    }

    @Override
    public void json(Object value, Response through) {
        response.json(value, through);
    }

    @Override
    public void send(Path file) throws IOException {
        send(file, request, this);
    }

    @Override
    public void send(Path file, Request asked, Response through) throws IOException {
        response.send(file, asked, through);
    }

    @Override
    public void send() {
        send(NOTHING, 0, 0);
    }

    @Override
    public void send(byte[] body) {
        send(body, 0, body.length);
    }

    @Override
    public void send(String text) {
        if (header("Content-Type") == null) {
            type("text/plain; charset=utf-8");
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        send(bytes, 0, bytes.length);
    }

    @Override
    public void send(byte[] body, int offset, int length) {
        response.send(body, offset, length);
    }

    @Override
    public void send(OpenFile file, long from, long count) {
        response.send(file, from, count);
    }

    @Override
    public ResponseStream stream() {
        return response.stream();
    }

    @Override
    public ResponseStream stream(long length) {
        return response.stream(length);
    }

    @Override
    public void sendHead(long length) {
        response.sendHead(length);
    }

    @Override
    public Response defer() {
        response.defer();
        return this;
    }

    @Override
    public boolean committed() {
        return response.committed();
    }

    @Override
    public void abort() {
        response.abort();
    }

    @Override
    public void execute(Runnable task) {
        response.execute(task);
    }

    @Override
    public void upgrade(String name, Supplier<Protocol> next) {
        response.upgrade(name, next);
    }

    @Override
    public Response interim(int status) {
        response.interim(status);
        return this;
    }

    @Override
    public void onAborted(Runnable task) {
        response.onAborted(task);
    }

    @Override
    public void onStopping(Runnable task) {
        response.onStopping(task);
    }

    @Override
    public Response closeAfter() {
        response.closeAfter();
        return this;
    }

    @Override
    public void fail(Throwable e) {
        response.fail(e);
    }

    @Override
    public void onComplete(Runnable task) {
        response.onComplete(task);
    }

    @Override
    public void onComplete(Consumer<Outcome> task) {
        response.onComplete(task);
    }

    @Override
    public long bytesSent() {
        return response.bytesSent();
    }
}

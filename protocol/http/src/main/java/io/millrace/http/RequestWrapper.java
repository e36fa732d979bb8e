// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Tls;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that asks another one for everything: for filters that show handlers something else. Override what differs.
 *
 * <pre>{@code
 * server.filter((request, response, next) -> next.handle(
 *         new RequestWrapper(request) {
 *             @Override
 *             public String scheme() {
 *                 return "https";
 *             }
 *         },
 *         response));
 * }</pre>
 *
 * <p>{@link #header} and {@link #cookie} read {@link #headers()}, and the methods for numbers read the text of the same
 * parameter: to override the source is enough. The route is found before filters run. A router behind this request
 * finds its routes by the path of the request that is wrapped. Valid as long as that one, and for the same threads.
 */
public abstract class RequestWrapper extends Request {
    private final Request request;

    /** Wraps a request. */
    protected RequestWrapper(Request request) {
        this.request = request;
    }

    /** Returns the request that is wrapped. */
    protected final Request wrapped() {
        return request;
    }

    @Override
    public String method() {
        return request.method();
    }

    @Override
    public String target() {
        return request.target();
    }

    @Override
    public String path() {
        return request.path();
    }

    @Override
    public String rawPath() {
        return request.rawPath();
    }

    @Override
    public @Nullable String query() {
        return request.query();
    }

    @Override
    public @Nullable String query(String name) {
        return request.query(name);
    }

    @Override
    public List<String> queryAll(String name) {
        return request.queryAll(name);
    }

    @Override
    public String param(String name) {
        return request.param(name);
    }

    @Override
    public String pattern() {
        return request.pattern();
    }

    @Override
    public Headers headers() {
        return request.headers();
    }

    @Override
    public int version() {
        return request.version();
    }

    @Override
    public String scheme() {
        return request.scheme();
    }

    @Override
    public @Nullable Tls tls() {
        return request.tls();
    }

    @Override
    public String authority() {
        return request.authority();
    }

    @Override
    public @Nullable SocketAddress peer() {
        return request.peer();
    }

    @Override
    public @Nullable SocketAddress socketPeer() {
        return request.socketPeer();
    }

    @Override
    public @Nullable SocketAddress local() {
        return request.local();
    }

    @Override
    public RequestBody body() {
        return request.body();
    }

    @Override
    public Headers trailers() {
        return request.trailers();
    }

    @Override
    public Dispatch dispatch() {
        return request.dispatch();
    }

    @Override
    public @Nullable Object attribute(String name) {
        return request.attribute(name);
    }

    @Override
    public void attribute(String name, Object value) {
        request.attribute(name, value);
    }

    @Override
    protected byte[] pathArray() {
        return request.pathArray();
    }

    @Override
    protected int pathStart() {
        return request.pathStart();
    }

    @Override
    protected int pathEnd() {
        return request.pathEnd();
    }

    @Override
    PathParams params() {
        return request.params();
    }

    @Override
    void unrouted() {
        request.unrouted();
    }

    @Override
    public String toString() {
        return request.toString();
    }
}

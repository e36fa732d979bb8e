// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request as it is given to handlers: every verb checks first that it is still this handler's, and so do its body and
 * its fields.
 */
final class GuardedRequest extends Request {
    private final Handles handles;
    private final Request request;

    // Made when asked for: most handlers do not ask.
    private @Nullable Headers headers;
    private @Nullable Headers trailers;
    private @Nullable RequestBody body;

    GuardedRequest(Handles handles, Request request) {
        this.handles = handles;
        this.request = request;
    }

    @Override
    public String method() {
        handles.check();
        return request.method();
    }

    @Override
    public String target() {
        handles.check();
        return request.target();
    }

    @Override
    public String path() {
        handles.check();
        return request.path();
    }

    @Override
    public String rawPath() {
        handles.check();
        return request.rawPath();
    }

    @Override
    public @Nullable String query() {
        handles.check();
        return request.query();
    }

    @Override
    public @Nullable String query(String name) {
        handles.check();
        return request.query(name);
    }

    @Override
    public List<String> queryAll(String name) {
        handles.check();
        return request.queryAll(name);
    }

    @Override
    public String param(String name) {
        handles.check();
        return request.param(name);
    }

    @Override
    public String pattern() {
        handles.check();
        return request.pattern();
    }

    @Override
    public Headers headers() {
        handles.check();
        if (headers == null) {
            headers = new GuardedHeaders(handles, request.headers());
        }
        return headers;
    }

    @Override
    public @Nullable String header(String name) {
        handles.check();
        return request.header(name);
    }

    @Override
    public int version() {
        handles.check();
        return request.version();
    }

    @Override
    public String scheme() {
        handles.check();
        return request.scheme();
    }

    @Override
    public String authority() {
        handles.check();
        return request.authority();
    }

    @Override
    public @Nullable SocketAddress peer() {
        handles.check();
        return request.peer();
    }

    @Override
    public @Nullable Tls tls() {
        handles.check();
        return request.tls();
    }

    @Override
    public @Nullable SocketAddress socketPeer() {
        handles.check();
        return request.socketPeer();
    }

    @Override
    public @Nullable SocketAddress local() {
        handles.check();
        return request.local();
    }

    @Override
    public RequestBody body() {
        handles.check();
        if (body == null) {
            body = new GuardedBody(handles, request.body());
        }
        return body;
    }

    @Override
    public Headers trailers() {
        handles.check();
        if (trailers == null) {
            trailers = new GuardedHeaders(handles, request.trailers());
        }
        return trailers;
    }

    @Override
    public Dispatch dispatch() {
        handles.check();
        return request.dispatch();
    }

    @Override
    public @Nullable Object attribute(String name) {
        handles.check();
        return request.attribute(name);
    }

    @Override
    public void attribute(String name, Object value) {
        handles.check();
        request.attribute(name, value);
    }

    // ---- for the router, which is called while the request is valid

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

    /** For logs, which may come late: never an exception. */
    @Override
    public String toString() {
        return handles.isValid() ? request.toString() : "a request that is over";
    }

    /** The fields, or the trailers, of a request. */
    private static final class GuardedHeaders extends Headers {
        private final Handles handles;
        private final Headers headers;

        GuardedHeaders(Handles handles, Headers headers) {
            this.handles = handles;
            this.headers = headers;
        }

        @Override
        public int size() {
            handles.check();
            return headers.size();
        }

        @Override
        public String name(int index) {
            handles.check();
            return headers.name(index);
        }

        @Override
        public String value(int index) {
            handles.check();
            return headers.value(index);
        }

        @Override
        public boolean isNamed(int index, String name) {
            handles.check();
            return headers.isNamed(index, name);
        }

        @Override
        public @Nullable String first(String name) {
            handles.check();
            return headers.first(name);
        }

        @Override
        public List<String> all(String name) {
            handles.check();
            return headers.all(name);
        }

        @Override
        public boolean has(String name) {
            handles.check();
            return headers.has(name);
        }

        @Override
        public String toString() {
            return handles.isValid() ? headers.toString() : "fields of a request that is over";
        }
    }

    /** The body of a request. */
    private static final class GuardedBody extends RequestBody {
        private final Handles handles;
        private final RequestBody body;

        GuardedBody(Handles handles, RequestBody body) {
            this.handles = handles;
            this.body = body;
        }

        @Override
        public long length() {
            handles.check();
            return body.length();
        }

        @Override
        public void read(Reader reader) {
            handles.check();
            body.read(reader);
        }

        @Override
        public void read(Reader reader, long demand) {
            handles.check();
            body.read(reader, demand);
        }

        @Override
        public void request(long n) {
            handles.check();
            body.request(n);
        }

        @Override
        public void pause(boolean on) {
            handles.check();
            body.pause(on);
        }

        @Override
        public void collect(int limit, Consumer<byte[]> done) {
            handles.check();
            body.collect(limit, done);
        }

        @Override
        public byte[] bytes(int limit) throws IOException, HttpException {
            handles.check();
            return body.bytes(limit);
        }

        @Override
        public <T> T as(Class<T> type) throws IOException, HttpException {
            handles.check();
            return body.as(type);
        }

        @Override
        public <T> T map(byte[] bytes, Class<T> type) throws HttpException {
            handles.check();
            return body.map(bytes, type);
        }

        @Override
        public <T> void as(Class<T> type, Consumer<? super T> done) {
            handles.check();
            body.as(type, done);
        }

        @Override
        public InputStream stream() {
            handles.check();
            return body.stream();
        }
    }
}

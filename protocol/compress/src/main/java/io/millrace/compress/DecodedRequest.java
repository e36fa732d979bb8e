// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.http.Dispatch;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import io.millrace.http.Response;
import java.net.SocketAddress;
import java.util.List;

/** A request as handlers see it that know nothing of codings. */
final class DecodedRequest extends Request {
    private final Request request;
    private final Headers headers;
    private final RequestBody body;

    /**
     * Shows {@code request} with the tags of contents that are not coded.
     *
     * @param limit bytes that the body may have when it is decompressed, 0 to leave it as it is
     */
    DecodedRequest(Request request, Response response, AcceptedCodings accepted, long limit) {
        this.request = request;
        this.headers = new EditedHeaders(request.headers(), accepted, limit > 0);
        this.body = limit > 0 ? new DecodedBody(request.body(), response, limit) : null;
    }

    @Override
    public Headers headers() {
        return headers;
    }

    @Override
    public RequestBody body() {
        return body == null ? request.body() : body;
    }

    @Override
    public String param(String name) {
        String own = super.param(name);
        return own == null ? request.param(name) : own;
    }

    @Override
    public String pattern() {
        String own = super.pattern();
        return own.isEmpty() ? request.pattern() : own;
    }

    // ---- what stays as it is

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
    public String query() {
        return request.query();
    }

    @Override
    public String query(String name) {
        return request.query(name);
    }

    @Override
    public List<String> queryAll(String name) {
        return request.queryAll(name);
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
    public String authority() {
        return request.authority();
    }

    @Override
    public SocketAddress peer() {
        return request.peer();
    }

    @Override
    public SocketAddress socketPeer() {
        return request.socketPeer();
    }

    @Override
    public SocketAddress local() {
        return request.local();
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
    public Object attribute(String name) {
        return request.attribute(name);
    }

    @Override
    public void attribute(String name, Object value) {
        request.attribute(name, value);
    }

    @Override
    public String toString() {
        return request.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.Dispatch;
import io.millrace.http.FieldBlock;
import io.millrace.http.Headers;
import io.millrace.http.Request;
import io.millrace.http.RequestBody;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

/** A request for the log, whose target is taken as it is given, possibly hostile. */
final class LoggedRequest extends Request {
    private final String method;
    private final String path;
    private final String query;
    private final FieldBlock headers = new FieldBlock();
    private SocketAddress peer = new InetSocketAddress("127.0.0.1", 40000);
    private int version = 11;
    private String pattern = "";

    /** A request for a path with an optional query, then names and values of header fields. */
    LoggedRequest(String method, String target, String... fields) {
        int mark = target.indexOf('?');
        this.method = method;
        this.path = mark < 0 ? target : target.substring(0, mark);
        this.query = mark < 0 ? null : target.substring(mark + 1);
        for (int i = 0; i < fields.length; i += 2) {
            headers.append(fields[i], fields[i + 1]);
        }
    }

    static LoggedRequest get(String target, String... fields) {
        return new LoggedRequest("GET", target, fields);
    }

    LoggedRequest peer(SocketAddress address) {
        peer = address;
        return this;
    }

    LoggedRequest pattern(String text) {
        pattern = text;
        return this;
    }

    LoggedRequest version(int number) {
        version = number;
        return this;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String target() {
        return query == null ? path : path + "?" + query;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String rawPath() {
        return path;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public String query(String name) {
        List<String> values = queryAll(name);
        return values.isEmpty() ? null : values.get(0);
    }

    @Override
    public List<String> queryAll(String name) {
        List<String> values = new ArrayList<>();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            if (pair.startsWith(name + "=")) {
                values.add(pair.substring(name.length() + 1));
            }
        }
        return values;
    }

    @Override
    public String param(String name) {
        return null;
    }

    @Override
    public String pattern() {
        return pattern;
    }

    @Override
    public Headers headers() {
        return headers;
    }

    @Override
    public int version() {
        return version;
    }

    @Override
    public String scheme() {
        return "http";
    }

    @Override
    public String authority() {
        return headers.has("Host") ? headers.first("Host") : "";
    }

    @Override
    public SocketAddress peer() {
        return peer;
    }

    @Override
    public SocketAddress local() {
        return null;
    }

    @Override
    public RequestBody body() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Headers trailers() {
        return new FieldBlock();
    }

    @Override
    public Dispatch dispatch() {
        return Dispatch.INLINE;
    }

    @Override
    public Object attribute(String name) {
        return null;
    }

    @Override
    public void attribute(String name, Object value) {
        throw new UnsupportedOperationException();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.Headers;
import io.millrace.http.Request;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import reactor.core.publisher.Flux;

/** A request as Spring sees it. */
final class MillraceServerHttpRequest extends AbstractServerHttpRequest {
    private final LoopExchange exchange;
    private final InetSocketAddress remote;
    private final InetSocketAddress local;

    MillraceServerHttpRequest(LoopExchange exchange, URI uri) {
        super(HttpMethod.valueOf(exchange.request.method()), uri, null, copy(exchange.request.headers()));
        this.exchange = exchange;
        this.remote = tcp(exchange.request.peer());
        this.local = tcp(exchange.request.local());
    }

    private static HttpHeaders copy(Headers from) {
        HttpHeaders to = new HttpHeaders();
        for (int i = 0, n = from.size(); i < n; i++) {
            to.add(from.name(i), from.value(i));
        }
        return to;
    }

    private static InetSocketAddress tcp(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet : null;
    }

    @Override
    protected MultiValueMap<String, HttpCookie> initCookies() {
        MultiValueMap<String, HttpCookie> cookies = new LinkedMultiValueMap<>();
        for (String line : getHeaders().getOrEmpty(HttpHeaders.COOKIE)) {
            for (String pair : line.split(";")) {
                int equals = pair.indexOf('=');
                if (equals > 0) {
                    String name = pair.substring(0, equals).strip();
                    cookies.add(
                            name,
                            new HttpCookie(
                                    name, unquoted(pair.substring(equals + 1).strip())));
                }
            }
        }
        return cookies;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    @Override
    protected SslInfo initSslInfo() {
        return null;
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
        return remote;
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return local;
    }

    @Override
    public Flux<DataBuffer> getBody() {
        return Flux.from(exchange.body);
    }

    @Override
    @SuppressWarnings("unchecked")
    public <T> T getNativeRequest() {
        return (T) exchange.request;
    }

    /** Returns the request of Millrace. */
    Request millrace() {
        return exchange.request;
    }
}

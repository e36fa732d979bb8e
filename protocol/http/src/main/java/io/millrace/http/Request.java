// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What a client asks. Strings are made when they are asked for and not before, so that a handler that needs none costs
 * none.
 *
 * <p>Belongs to the handler until the handler has returned: to its thread for an INLINE handler, to every thread that a
 * handler elsewhere shares it with. After {@link Response#defer} it stays valid. Otherwise every method throws
 * {@link IllegalStateException}, and so do those of {@link #headers}, {@link #trailers} and {@link #body}: a handler
 * that keeps something longer copies it.
 */
public abstract class Request {
    private PathParams params;

    /** For the wire formats. */
    protected Request() {}

    /** The method as sent, such as {@code GET}; the well-known ones are always the same string. */
    public abstract String method();

    /** The request target as sent: {@code /a%20b?c=d}, an absolute URI, or {@code *}. */
    public abstract String target();

    /**
     * The path: percent-decoded as UTF-8, {@code .} and {@code ..} parts and empty parts resolved as RFC 3986 section
     * 5.2.4 and servers do, always starting with {@code /} ({@code "*"} for the asterisk form). A trailing slash is
     * kept.
     */
    public abstract String path();

    /** The path as sent, still percent-encoded, without the query. */
    public abstract String rawPath();

    /** What follows the {@code ?} as sent, or {@code null} if there is none. */
    public abstract String query();

    /** The first value of a query parameter, decoded (form encoding: {@code +} is a blank), or {@code null}. */
    public abstract String query(String name);

    /** All values of a query parameter, decoded. */
    public abstract List<String> queryAll(String name);

    /** A path parameter of the route, decoded, or {@code null} if the route has none of that name. */
    public String param(String name) {
        return params == null ? null : params.value(this, name);
    }

    /**
     * Returns the pattern of the route that was found, such as {@code /users/{id}}; {@code ""} if no router found one.
     * For logs and measures, which paths would make grow without end.
     */
    public String pattern() {
        return params == null ? "" : params.pattern();
    }

    /** The header fields. */
    public abstract Headers headers();

    /** The first value of a header field, or {@code null}. */
    public String header(String name) {
        return headers().first(name);
    }

    /** The HTTP version times ten: 10, 11, 20. */
    public abstract int version();

    /** {@code "http"} or {@code "https"}. */
    public abstract String scheme();

    /**
     * Host and port that the client meant: from an absolute target, else from Host; {@code ""} where HTTP/1.0 gave
     * none.
     */
    public abstract String authority();

    /**
     * Returns the client's address, or {@code null} where the carrier knows none: the other end of the socket, or what
     * a protocol in front of this one (the PROXY protocol) or the field of a proxy that is trusted says
     * ({@link HttpContext#withClientAddress}).
     */
    public abstract SocketAddress peer();

    /**
     * Returns the address at the other end of the socket, whoever the client is, or {@code null} where the carrier
     * knows none.
     */
    public SocketAddress socketPeer() {
        return peer();
    }

    /** The address that the client connected to, or {@code null} where the carrier knows none. */
    public abstract SocketAddress local();

    /** The body; empty for most requests. */
    public abstract RequestBody body();

    /** Trailer fields; empty until the body has been read to its end. */
    public abstract Headers trailers();

    /** Where the handler runs. */
    public abstract Dispatch dispatch();

    /** A note that a filter left for those behind it, or {@code null}. */
    public abstract Object attribute(String name);

    /** Leaves a note for those behind. */
    public abstract void attribute(String name, Object value);

    /**
     * The array with the bytes of {@link #path} (UTF-8) from {@link #pathStart} to {@link #pathEnd}; not to be changed.
     */
    protected byte[] pathArray() {
        return path().getBytes(StandardCharsets.UTF_8);
    }

    /** Where the path begins in {@link #pathArray}. */
    protected int pathStart() {
        return 0;
    }

    /** Where the path ends in {@link #pathArray}. */
    protected int pathEnd() {
        return pathArray().length;
    }

    /** Where the router notes what it found. Made at the first use and then kept for the requests that follow. */
    PathParams params() {
        if (params == null) {
            params = new PathParams();
        }
        return params;
    }

    /** Forgets what the router found. */
    void unrouted() {
        if (params != null) {
            params.clear();
        }
    }
}

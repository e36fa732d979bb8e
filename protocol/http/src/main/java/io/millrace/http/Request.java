// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Tls;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks. Strings are made when they are asked for, so that a handler that needs none pays for none.
 *
 * <p>A request belongs to its handler until the handler returns: to the handler's thread for an INLINE one, to every
 * thread that a handler elsewhere shares it with. After {@link Response#defer} it stays valid until the exchange is
 * over. Otherwise every method throws {@link IllegalStateException}, and so do those of {@link #headers},
 * {@link #trailers} and {@link #body}. A handler that keeps something longer copies it.
 */
public abstract class Request {
    private @Nullable PathParams params;

    /** For the wire formats. */
    protected Request() {}

    /** Returns the method as sent, such as {@code GET}; the common ones are always the same string. */
    public abstract String method();

    /** Returns the request target as sent: {@code /a%20b?c=d}, an absolute URI, or {@code *}. */
    public abstract String target();

    /**
     * Returns the path, always beginning with {@code /}, or {@code "*"} for the asterisk form. It is percent-decoded as
     * UTF-8; {@code .}, {@code ..} and empty parts are resolved as RFC 3986 section 5.2.4 and servers do. A slash at
     * the end is kept.
     */
    public abstract String path();

    /** Returns the path as sent, percent-encoded, without the query. */
    public abstract String rawPath();

    /** Returns what follows the {@code ?} as sent, or {@code null} if there is none. */
    public abstract @Nullable String query();

    /**
     * Returns the first value of a query parameter, decoded (a {@code +} is a blank), or {@code null} if there is none.
     */
    public abstract @Nullable String query(String name);

    /** Returns all values of a query parameter, decoded, in order. */
    public abstract List<String> queryAll(String name);

    /**
     * Returns a path parameter of the route, decoded.
     *
     * @throws IllegalArgumentException if the pattern of the route has no parameter of that name, or no route was found
     */
    public String param(String name) {
        if (params == null || params.pattern().isEmpty()) {
            throw new IllegalArgumentException("no route was found, and so there is no parameter \"" + name + "\"");
        }
        return params.value(this, name);
    }

    /**
     * Returns a path parameter as a number.
     *
     * @throws HttpException 400, with the parameter's name, if it is no number of that size
     * @throws IllegalArgumentException as {@link #param(String)}
     */
    public int paramInt(String name) throws HttpException {
        return param(name, Integer::parseInt);
    }

    /** Returns a path parameter as a number, as {@link #paramInt} does. */
    public long paramLong(String name) throws HttpException {
        return param(name, Long::parseLong);
    }

    /**
     * Returns what {@code parse} makes of a path parameter, such as {@code UUID::fromString}.
     *
     * @throws HttpException 400, with the parameter's name, if {@code parse} throws a {@link RuntimeException}
     * @throws IllegalArgumentException as {@link #param(String)}
     */
    public <T> T param(String name, Function<? super String, ? extends T> parse) throws HttpException {
        return parsed("path", name, param(name), parse);
    }

    /**
     * Returns a query parameter as a number.
     *
     * @throws HttpException 400, with the parameter's name, if it is missing or no number of that size
     */
    public int queryInt(String name) throws HttpException {
        return Query.required(this, name, Integer::parseInt);
    }

    /**
     * Returns a query parameter as a number, {@code otherwise} if there is none.
     *
     * @throws HttpException 400, with the parameter's name, if it is no number of that size
     */
    public int queryInt(String name, int otherwise) throws HttpException {
        return query(name, Integer::parseInt, otherwise);
    }

    /** Returns a query parameter as a number, as {@link #queryInt(String)} does. */
    public long queryLong(String name) throws HttpException {
        return Query.required(this, name, Long::parseLong);
    }

    /** Returns a query parameter as a number, as {@link #queryInt(String, int)} does. */
    public long queryLong(String name, long otherwise) throws HttpException {
        return query(name, Long::parseLong, otherwise);
    }

    /**
     * Returns a query parameter that is {@code true} or {@code false}; one without a value ({@code ?all}) is true.
     *
     * @throws HttpException 400, with the parameter's name, if it is neither
     */
    public boolean queryBoolean(String name, boolean otherwise) throws HttpException {
        return query(name, Query::flag, otherwise);
    }

    /**
     * Returns what {@code parse} makes of the first value of a query parameter, {@code otherwise} if there is none.
     *
     * @throws HttpException 400, with the parameter's name, if {@code parse} throws a {@link RuntimeException}
     */
    public <T> T query(String name, Function<? super String, ? extends T> parse, T otherwise) throws HttpException {
        String value = query(name);
        return value == null ? otherwise : parsed("query", name, value, parse);
    }

    // The value is not repeated: what a client has sent is nothing that an answer should carry.
    private static <T> T parsed(String kind, String name, String value, Function<? super String, ? extends T> parse)
            throws HttpException {
        try {
            return parse.apply(value);
        } catch (RuntimeException e) {
            throw new HttpException(400, "the " + kind + " parameter " + name + " has a value that it cannot have");
        }
    }

    /** How query parameters are read that are no text. */
    private static final class Query {
        static <T> T required(Request request, String name, Function<String, T> parse) throws HttpException {
            String value = request.query(name);
            if (value == null) {
                throw new HttpException(400, "the query parameter " + name + " is missing");
            }
            return parsed("query", name, value, parse);
        }

        static boolean flag(String value) {
            return switch (value) {
                case "", "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException(value);
            };
        }
    }

    /**
     * Returns the value of the first cookie of that name, or {@code null} if the client has sent none. It is the text
     * as it was sent, without the quotes that may be around it.
     */
    public @Nullable String cookie(String name) {
        Headers all = headers();
        for (int i = 0, n = all.size(); i < n; i++) {
            @Nullable String value = all.isNamed(i, "Cookie") ? Cookie.find(all.value(i), name) : null;
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /**
     * Returns the pattern of the route that was found, such as {@code /users/{id}}; {@code ""} if no router found one.
     * For logs and measures, which paths would make grow without end.
     */
    public String pattern() {
        return params == null ? "" : params.pattern();
    }

    /** Returns the header fields. */
    public abstract Headers headers();

    /** Returns the first value of a header field, or {@code null} if there is none. */
    public @Nullable String header(String name) {
        return headers().first(name);
    }

    /** Returns the version of HTTP times ten: 10, 11 or 20. */
    public abstract int version();

    /** Returns the scheme, {@code "http"} or {@code "https"}. */
    public abstract String scheme();

    /**
     * Returns the facts of the connection's TLS session: version, suite, the name that was asked for, the client's
     * certificates; {@code null} for a connection in the clear. A proxy in front is no matter: they are those of the
     * connection to this server.
     */
    public @Nullable Tls tls() {
        return null;
    }

    /**
     * Returns host and port that the client meant: those of an absolute target, else of the Host field; {@code ""}
     * where HTTP/1.0 gave none.
     */
    public abstract String authority();

    /**
     * Returns the client's address, or {@code null} where the carrier knows none: the other end of the socket, or what
     * a protocol in front of this one (the PROXY protocol) or the field of a proxy that is trusted says
     * ({@link HttpContext#withClientAddress}).
     */
    public abstract @Nullable SocketAddress peer();

    /**
     * Returns the address at the other end of the socket, a proxy's if there is one, or {@code null} where the carrier
     * knows none.
     */
    public @Nullable SocketAddress socketPeer() {
        return peer();
    }

    /** Returns the address that the client connected to, or {@code null} where the carrier knows none. */
    public abstract @Nullable SocketAddress local();

    /** Returns the body, which is empty for most requests. */
    public abstract RequestBody body();

    /** Returns the trailer fields; empty until the body has been read to its end. */
    public abstract Headers trailers();

    /** Returns where the handler runs. */
    public abstract Dispatch dispatch();

    /** Returns a note that a filter has left for the handlers behind it, or {@code null} if there is none. */
    public abstract @Nullable Object attribute(String name);

    /** Leaves a note for the handlers behind. */
    public abstract void attribute(String name, Object value);

    /**
     * Returns the array with the bytes of {@link #path} (UTF-8) from {@link #pathStart} to {@link #pathEnd}; it must
     * not be changed.
     */
    protected byte[] pathArray() {
        return path().getBytes(StandardCharsets.UTF_8);
    }

    /** Returns where the path begins in {@link #pathArray}. */
    protected int pathStart() {
        return 0;
    }

    /** Returns where the path ends in {@link #pathArray}. */
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

    /** What a router found in a path: the names of the route and, for each, where its value lies in the path. */
    static final class PathParams {
        private static final String[] NO_NAMES = {};

        private String[] names = NO_NAMES;
        private String pattern = "";
        private int[] spans = new int[8];

        /** Notes where the value of parameter {@code index} begins and ends, counted from the beginning of the path. */
        void span(int index, int from, int to) {
            if (2 * index + 1 >= spans.length) {
                spans = Arrays.copyOf(spans, 2 * spans.length);
            }
            spans[2 * index] = from;
            spans[2 * index + 1] = to;
        }

        /** Names the values that were noted, and the pattern that found them. */
        void matched(String[] valueNames, String routePattern) {
            names = valueNames;
            pattern = routePattern;
        }

        /** The pattern that matched, {@code ""} if none did. */
        String pattern() {
            return pattern;
        }

        void clear() {
            names = NO_NAMES;
            pattern = "";
        }

        String value(Request request, String name) {
            for (int i = 0; i < names.length; i++) {
                if (names[i].equals(name)) {
                    int from = request.pathStart() + spans[2 * i];
                    return new String(
                            request.pathArray(), from, spans[2 * i + 1] - spans[2 * i], StandardCharsets.UTF_8);
                }
            }
            throw new IllegalArgumentException(
                    "the route " + pattern + " has no parameter \"" + name + "\", it has " + Arrays.toString(names));
        }
    }
}

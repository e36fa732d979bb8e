// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is asked: {@code http://host:port/path}, {@code https://host:port/path}, the same over HTTP/2 with {@code h2c}
 * and {@code h2} in the place of the scheme, {@code ws://host:port/path}, {@code wss://host:port/path} or
 * {@code tcp://host:port}.
 *
 * @param kind what is spoken
 * @param host a name or an address; an IPv6 address without brackets, with its zone if it has one: {@code fe80::1%eth0}
 * @param port from 1 to 65535
 * @param path path and query as they are sent, empty for TCP
 */
public record LoadTarget(Kind kind, String host, int port, String path) {

    /** Scheme, host and port; java.net.URI knows no underscores in names and no zone as RFC 6874 writes it. */
    private static final Pattern URL = Pattern.compile(
            "(?:([a-zA-Z][a-zA-Z0-9+.-]*)://)?+(\\[[^\\[\\]/?#]*]|[^\\[\\]:/?#]*)(?::(\\d*))?([/?#].*)?");

    /** A reg-name of RFC 3986 section 3.2.2, of which no resolver takes more: underscores, too, and no escapes. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._~!$&'()*+,;=-]+");

    /** RFC 6874 section 2 has a zone behind "%25"; RFC 9844 has it entered as the system writes it, behind "%". */
    private static final String ESCAPED_PERCENT = "%25";

    /** What is spoken to a target. */
    public enum Kind {
        /** HTTP/1.1. */
        HTTP,

        /** HTTP/1.1 over TLS. */
        HTTPS,

        /** HTTP/2 in clear by prior knowledge; {@code h2c} stands in the place of a scheme. */
        HTTP2,

        /** HTTP/2 over TLS, agreed upon by ALPN; {@code h2} stands in the place of a scheme. */
        HTTP2_TLS,

        /** Messages of a WebSocket that are expected back (RFC 6455). */
        WS,

        /** Messages of a WebSocket over TLS. */
        WSS,

        /** Bytes that are expected back (RFC 862). */
        TCP;

        /** Returns whether TLS lies below. */
        public boolean isSecure() {
            return this == HTTPS || this == HTTP2_TLS || this == WSS;
        }

        /** Returns whether a request is a message that is expected back, and has no status. */
        public boolean isEcho() {
            return this == TCP || isWebSocket();
        }

        /** Returns whether the messages are those of a WebSocket. */
        public boolean isWebSocket() {
            return this == WS || this == WSS;
        }

        String scheme() {
            return switch (this) {
                case HTTP2 -> "h2c";
                case HTTP2_TLS -> "h2";
                default -> name().toLowerCase(Locale.ROOT);
            };
        }

        int usualPort() {
            return isSecure() ? 443 : 80;
        }

        /** Returns whether it is HTTP/2. */
        public boolean isHttp2() {
            return this == HTTP2 || this == HTTP2_TLS;
        }

        /** Returns the name that ALPN has for what is spoken over TLS. */
        public String alpn() {
            return isHttp2() ? "h2" : "http/1.1";
        }
    }

    /**
     * Reads a target; without a scheme it is HTTP. The zone of an IPv6 address may be written {@code %eth0} or
     * {@code %25eth0}.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static LoadTarget parse(String text) {
        Matcher url = URL.matcher(text);
        if (!url.matches()) {
            throw new IllegalArgumentException(
                    "'" + text + "' is no URL: say http://HOST:PORT/PATH or tcp://HOST:PORT");
        }
        Kind kind = kind(url.group(1) == null ? "http" : url.group(1), text);
        String host = host(url.group(2), text);
        return new LoadTarget(
                kind, host, port(url.group(3), kind, text), kind != Kind.TCP ? path(url.group(4), text) : "");
    }

    private static Kind kind(String scheme, String text) {
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "http" -> Kind.HTTP;
            case "https" -> Kind.HTTPS;
            case "h2c" -> Kind.HTTP2;
            case "ws" -> Kind.WS;
            case "wss" -> Kind.WSS;
            case "h2" -> Kind.HTTP2_TLS;
            case "tcp" -> Kind.TCP;
            default ->
                throw new IllegalArgumentException(
                        "'" + text + "': only http://, https://, ws://, wss:// and tcp:// can be asked");
        };
    }

    private static String host(String written, String text) {
        if (written.isEmpty()) {
            throw new IllegalArgumentException("no host in '" + text + "'");
        }
        if (written.startsWith("[")) {
            return literal(written.substring(1, written.length() - 1), text);
        }
        if (!NAME.matcher(written).matches()) {
            throw new IllegalArgumentException("'" + written + "' is no host; write other letters as xn--..., and user"
                    + " and password as a header field");
        }
        return written;
    }

    private static String literal(String written, String text) {
        int percent = written.indexOf('%');
        String address = percent < 0 ? written : written.substring(0, percent);
        try {
            Inet6Address.ofLiteral(address);
            return percent < 0 ? address : address + "%" + zone(written.substring(percent));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("no IPv6 address in '" + text + "'", e);
        }
    }

    private static String zone(String written) {
        boolean escaped = written.startsWith(ESCAPED_PERCENT) && written.length() > ESCAPED_PERCENT.length();
        String zone = escaped
                ? URLDecoder.decode(written.substring(3).replace("+", "%2B"), StandardCharsets.UTF_8)
                : written.substring(1);
        if (zone.isEmpty() || zone.chars().anyMatch(c -> c <= ' ' || c == '%')) {
            throw new IllegalArgumentException("no zone");
        }
        return zone;
    }

    private static int port(String written, Kind kind, String text) {
        boolean missing = written == null || written.isEmpty();
        if (missing && kind != Kind.TCP) {
            return kind.usualPort();
        }
        int port = missing || written.length() > 9 ? 0 : Integer.parseInt(written);
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException(
                    "no port in '" + text + "'; say " + kind.scheme() + "://HOST:PORT, from 1 to 65535");
        }
        return port;
    }

    /** Path and query; letters that are not ASCII are sent as escapes of their UTF-8, a fragment is not sent. */
    private static String path(String written, String text) {
        try {
            URI uri = new URI(new URI("http://host" + (written == null ? "" : written)).toASCIIString());
            String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
            return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + text + "' is no URL: " + e.getReason(), e);
        }
    }

    /**
     * Returns the same target, asked over HTTP/2.
     *
     * @throws IllegalArgumentException if it is no HTTP target
     */
    public LoadTarget overHttp2() {
        if (kind == Kind.TCP || kind.isWebSocket()) {
            throw new IllegalArgumentException("HTTP/2 is for http:// and https:// alone");
        }
        return new LoadTarget(kind.isSecure() ? Kind.HTTP2_TLS : Kind.HTTP2, host, port, path);
    }

    /**
     * Returns the same target, asked over a WebSocket.
     *
     * @throws IllegalArgumentException if it is no HTTP target
     */
    public LoadTarget overWebSocket() {
        return switch (kind) {
            case HTTP, WS -> new LoadTarget(Kind.WS, host, port, path);
            case HTTPS, WSS -> new LoadTarget(Kind.WSS, host, port, path);
            case HTTP2, HTTP2_TLS, TCP ->
                throw new IllegalArgumentException("a WebSocket is for http://, https://, ws:// and wss:// alone");
        };
    }

    /** Host and port for a resolver, which has not been asked yet. */
    InetSocketAddress address() {
        return InetSocketAddress.createUnresolved(host, port);
    }

    /**
     * Host and port as the Host field has them (RFC 9110 section 7.2): without the zone, which means something on this
     * machine only (RFC 6874 section 4).
     */
    public String authority() {
        int zone = host.indexOf('%');
        return authority(zone < 0 ? host : host.substring(0, zone));
    }

    private String authority(String written) {
        String bracketed = written.contains(":") ? "[" + written + "]" : written;
        return kind != Kind.TCP && port == kind.usualPort() ? bracketed : bracketed + ":" + port;
    }

    /** The URL, zone included, such that {@link #parse} reads the same target from it. */
    @Override
    public String toString() {
        int zone = host.indexOf('%');
        String written = zone < 0
                ? host
                : host.substring(0, zone)
                        + ESCAPED_PERCENT
                        + URLEncoder.encode(host.substring(zone + 1), StandardCharsets.UTF_8);
        return kind.scheme() + "://" + authority(written) + path;
    }
}

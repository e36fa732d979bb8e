// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * What is asked: {@code http://host:port/path} or {@code tcp://host:port}.
 *
 * @param kind what is spoken
 * @param host a name or an address; an IPv6 address without brackets
 * @param port from 1 to 65535
 * @param path path and query as they are sent, empty for TCP
 */
public record LoadTarget(Kind kind, String host, int port, String path) {

    /** What is spoken to a target. */
    public enum Kind {
        /** HTTP/1.1. */
        HTTP,

        /** Bytes that are expected back (RFC 862). */
        TCP
    }

    /**
     * Reads a target; without a scheme it is HTTP.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    public static LoadTarget parse(String text) {
        URI uri = uri(text.contains("://") ? text : "http://" + text);
        Kind kind = kind(uri.getScheme(), text);
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("no host in '" + text + "'");
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : kind == Kind.HTTP ? 80 : 0;
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("no port in '" + text + "'; say " + uri.getScheme() + "://host:port");
        }
        String host = uri.getHost().startsWith("[")
                ? uri.getHost().substring(1, uri.getHost().length() - 1)
                : uri.getHost();
        return new LoadTarget(kind, host, port, kind == Kind.HTTP ? path(uri) : "");
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("'" + text + "' is no URL: " + e.getReason(), e);
        }
    }

    private static Kind kind(String scheme, String text) {
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "http" -> Kind.HTTP;
            case "tcp" -> Kind.TCP;
            default -> throw new IllegalArgumentException("'" + text + "': only http:// and tcp:// can be asked");
        };
    }

    private static String path(URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    /** Host and port as the Host field has them (RFC 9110 section 7.2). */
    public String authority() {
        String bracketed = host.contains(":") ? "[" + host + "]" : host;
        return kind == Kind.HTTP && port == 80 ? bracketed : bracketed + ":" + port;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + "://" + authority() + path;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.net.SocketAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Objects;

/**
 * Where a request goes: connections are shared by requests with equal origins, and by no others (RFC 9110 section
 * 4.3.1).
 *
 * @param scheme {@code http} or {@code https}
 * @param host a name in lower case, or an address, that of IPv6 in brackets; what the Host field says
 * @param port the port
 * @param address where to connect to in place of host and port, for Unix sockets and the like; usually {@code null}
 */
public record Origin(String scheme, String host, int port, SocketAddress address) {
    private static final int HTTP = 80;
    private static final int HTTPS = 443;
    private static final int HIGHEST_PORT = 65535;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for another scheme, a host that cannot be sent, or a port beyond 1 to 65535
     */
    public Origin {
        scheme = scheme.toLowerCase(Locale.ROOT);
        host = host.toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("neither http nor https: " + scheme);
        }
        if (!isHost(host)) {
            throw new IllegalArgumentException("not a host: " + host);
        }
        if (port < 1 || port > HIGHEST_PORT) {
            throw new IllegalArgumentException("not a port: " + port);
        }
    }

    private static boolean isHost(String host) {
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c <= ' ' || c >= 0x7f || "/?#@\\,\"<>".indexOf(c) >= 0) {
                return false;
            }
        }
        return !host.isEmpty();
    }

    /**
     * Returns the origin of a URI.
     *
     * @throws IllegalArgumentException if it has no host, another scheme than http or https, or user information, which
     *     the client does not send
     */
    public static Origin of(URI uri) {
        if (uri.getScheme() == null || uri.getHost() == null) {
            throw new IllegalArgumentException("no scheme or no host: " + uri);
        }
        if (uri.getRawUserInfo() != null) {
            throw new IllegalArgumentException("user information in a URI is not sent");
        }
        boolean secure = uri.getScheme().equalsIgnoreCase("https");
        int port = uri.getPort() > 0 ? uri.getPort() : secure ? HTTPS : HTTP;
        return new Origin(uri.getScheme(), uri.getHost(), port, null);
    }

    /** Returns the origin in the clear behind an address, a Unix socket for instance; the Host field says localhost. */
    public static Origin at(SocketAddress address) {
        return new Origin("http", "localhost", HTTP, Objects.requireNonNull(address, "address"));
    }

    /** Returns the same origin with another host in the Host field and for the server's name in TLS. */
    public Origin named(String otherHost) {
        return new Origin(scheme, otherHost, port, address);
    }

    /** Returns whether connections are protected by TLS. */
    public boolean secure() {
        return scheme.equals("https");
    }

    /** Returns what the Host field says: the port is left out where it is the scheme's own. */
    public String authority() {
        return port == (secure() ? HTTPS : HTTP) ? host : host + ":" + port;
    }

    /** Returns the host as it is looked up: without the brackets of an IPv6 address. */
    public String hostName() {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }

    @Override
    public String toString() {
        return scheme + "://" + authority() + (address == null ? "" : " at " + address);
    }
}

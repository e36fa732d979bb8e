// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which pages may open a WebSocket. Browsers let every page connect everywhere, cookies included, and only say where
 * the page comes from (RFC 6455 section 10.2): the server has to look. What is no browser sends no Origin, and is let
 * pass.
 */
public final class OriginPolicy {
    /** Pages of the same host and port alone. */
    public static final OriginPolicy SAME_HOST = new OriginPolicy(Set.of(), true, false);

    /** Every page. For what is public and knows no user. */
    public static final OriginPolicy ANY = new OriginPolicy(Set.of(), true, true);

    private final Set<String> listed;
    private final boolean sameHost;
    private final boolean all;

    private OriginPolicy(Set<String> listed, boolean sameHost, boolean all) {
        this.listed = listed;
        this.sameHost = sameHost;
        this.all = all;
    }

    /**
     * Lets pages of these origins pass, and those of the same host.
     *
     * @param origins such as {@code https://example.org} or {@code http://localhost:3000}
     * @throws IllegalArgumentException if one is not a scheme, a host and perhaps a port
     */
    public static OriginPolicy of(String... origins) {
        Set<String> listed = Arrays.stream(origins).map(OriginPolicy::checked).collect(Collectors.toSet());
        return new OriginPolicy(listed, true, false);
    }

    private static String checked(String origin) {
        String lower = origin.toLowerCase(Locale.ROOT);
        int host = lower.indexOf("://") + 3;
        if (host < 4 || host == lower.length() || lower.indexOf('/', host) >= 0) {
            throw new IllegalArgumentException("not an origin: " + origin);
        }
        return lower;
    }

    /**
     * Returns whether a page may connect.
     *
     * @param origin the field Origin, {@code null} if there is none
     * @param authority the host and port that the client asked for
     */
    boolean allows(@Nullable String origin, String authority) {
        if (origin == null || all) {
            return true;
        }
        String lower = origin.toLowerCase(Locale.ROOT);
        return listed.contains(lower) || (sameHost && isSameHost(lower, authority.toLowerCase(Locale.ROOT)));
    }

    // A proxy may have ended TLS, so the scheme decides only which port is left away.
    private static boolean isSameHost(String origin, String authority) {
        int scheme = origin.indexOf("://");
        if (scheme < 0 || authority.isEmpty()) {
            return false;
        }
        String port = origin.startsWith("https:") ? ":443" : ":80";
        return without(origin.substring(scheme + 3), port).equals(without(authority, port));
    }

    private static String without(String host, String port) {
        return host.endsWith(port) ? host.substring(0, host.length() - port.length()) : host;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A cookie that an answer sets (RFC 6265bis). What is not said is safe: sent back to this host alone, over HTTPS alone
 * (browsers take {@code localhost} for such), out of the reach of scripts, and not with requests that other sites make
 * but for links to a page. Immutable.
 *
 * <p>What a client sends back has a name and a value only: {@link Request#cookie}.
 *
 * @param name a token; {@code __Host-} and {@code __Secure-} at its beginning are promises that are checked
 * @param value characters that a cookie may have: neither blanks nor {@code " , ; \}
 * @param maxAge how long the client keeps it; {@code null} until it ends its session, zero to remove it
 * @param path the requests that it is sent with: those whose paths begin so
 * @param domain a domain whose hosts all get it; {@code null} for this host alone
 * @param secure whether it is sent over HTTPS alone
 * @param httpOnly whether scripts of the page do not see it
 * @param sameSite the requests of other sites that it is sent with
 */
public record Cookie(
        String name,
        String value,
        @Nullable Duration maxAge,
        String path,
        @Nullable String domain,
        boolean secure,
        boolean httpOnly,
        SameSite sameSite) {

    /** The requests that come from pages of other sites and carry a cookie. */
    public enum SameSite {
        /** None. */
        STRICT,
        /** Links to a page, by GET. */
        LAX,
        /** All; the cookie must be {@link Cookie#secure}. */
        NONE
    }

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException if one cannot be sent, or a cookie {@code __Host-}, {@code __Secure-} or of
     *     {@link SameSite#NONE} is not as browsers demand
     */
    public Cookie {
        Objects.requireNonNull(sameSite, "sameSite");
        check(FieldSyntax.isToken(name), "not a name of a cookie: " + name);
        check(value.chars().allMatch(Cookie::isOctet), "the value of the cookie " + name + " needs an encoding");
        check(path.startsWith("/") && path.chars().allMatch(Cookie::isAttribute), "not a path of a cookie: " + path);
        check(domain == null || isDomain(domain), "not a domain: " + domain);
        check(maxAge == null || !maxAge.isNegative(), "a cookie cannot last " + maxAge);
        String lower = name.toLowerCase(Locale.ROOT);
        boolean host = lower.startsWith("__host-");
        check(secure || !(host || lower.startsWith("__secure-")), name + " must be secure");
        check(!host || (path.equals("/") && domain == null), name + " is for the path / of one host");
        check(secure || sameSite != SameSite.NONE, "a cookie for other sites must be secure: " + name);
    }

    /**
     * Returns a cookie for this host that lasts until the client ends its session.
     *
     * @throws IllegalArgumentException if name or value cannot be sent
     */
    public static Cookie of(String name, String value) {
        return new Cookie(name, value, null, "/", null, true, true, SameSite.LAX);
    }

    /** Returns the same cookie with another value. */
    public Cookie value(String text) {
        return new Cookie(name, text, maxAge, path, domain, secure, httpOnly, sameSite);
    }

    /** Returns the same cookie that lasts for {@code time}; zero removes it. */
    public Cookie maxAge(Duration time) {
        return new Cookie(name, value, time, path, domain, secure, httpOnly, sameSite);
    }

    /** Returns the same cookie for paths that begin with {@code prefix}. */
    public Cookie path(String prefix) {
        return new Cookie(name, value, maxAge, prefix, domain, secure, httpOnly, sameSite);
    }

    /** Returns the same cookie for all hosts of a domain. */
    public Cookie domain(String hosts) {
        return new Cookie(name, value, maxAge, path, hosts, secure, httpOnly, sameSite);
    }

    /** Returns the same cookie, sent over plain HTTP, too, or not. */
    public Cookie secure(boolean on) {
        return new Cookie(name, value, maxAge, path, domain, on, httpOnly, sameSite);
    }

    /** Returns the same cookie, out of the reach of scripts or not. */
    public Cookie httpOnly(boolean on) {
        return new Cookie(name, value, maxAge, path, domain, secure, on, sameSite);
    }

    /** Returns the same cookie for other requests of other sites. */
    public Cookie sameSite(SameSite requests) {
        return new Cookie(name, value, maxAge, path, domain, secure, httpOnly, requests);
    }

    /** Returns the value of the Set-Cookie field. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name).append('=').append(value);
        if (maxAge != null) {
            text.append("; Max-Age=").append(maxAge.toSeconds());
        }
        text.append("; Path=").append(path);
        if (domain != null) {
            text.append("; Domain=").append(domain);
        }
        text.append(secure ? "; Secure" : "").append(httpOnly ? "; HttpOnly" : "");
        String same = sameSite.name();
        return text.append("; SameSite=")
                .append(same.charAt(0))
                .append(same.substring(1).toLowerCase(Locale.ROOT))
                .toString();
    }

    /** Returns the value of the cookie {@code name} in a Cookie field, {@code null} if it is not in it. */
    static @Nullable String find(String field, String name) {
        for (int at = 0; at < field.length(); ) {
            int end = field.indexOf(';', at);
            end = end < 0 ? field.length() : end;
            int equals = field.indexOf('=', at);
            if (equals >= 0
                    && equals < end
                    && field.substring(at, equals).strip().equals(name)) {
                return unquoted(field.substring(equals + 1, end).strip());
            }
            at = end + 1;
        }
        return null;
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    // cookie-octet of RFC 6265 section 4.1.1.
    private static boolean isOctet(int c) {
        return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
    }

    private static boolean isAttribute(int c) {
        return c >= 0x20 && c < 0x7f && c != ';';
    }

    private static boolean isDomain(String text) {
        return !text.isEmpty()
                && text.chars().allMatch(c -> c == '.' || c == '-' || (c < 0x7f && Character.isLetterOrDigit(c)));
    }

    private static void check(boolean fine, String otherwise) {
        if (!fine) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import io.millrace.http.FieldSyntax;
import java.net.URI;

/**
 * A request as it is sent: never changes once it is made, so it can be sent again. Knows how its head is written (RFC
 * 9112 section 3).
 *
 * @param fields the caller's fields, checked; none that frames the message
 * @param expect whether the body waits for 100 (Continue)
 * @param upgrade the protocol to switch to, or {@code null}
 * @param close whether the connection is to end with this call
 * @param redirects how many redirections are followed
 */
record RequestPlan(
        String method,
        Origin origin,
        String target,
        FieldBlock fields,
        RequestContent content,
        boolean expect,
        String upgrade,
        boolean close,
        int redirects,
        TimeoutNanos times) {

    private static final byte[] VERSION = Ascii.bytes(" HTTP/1.1\r\n");
    private static final byte[] HOST = Ascii.bytes("Host: ");
    private static final byte[] LENGTH = Ascii.bytes("Content-Length: ");
    private static final byte[] CHUNKED = Ascii.bytes("Transfer-Encoding: chunked\r\n");
    private static final byte[] EXPECT = Ascii.bytes("Expect: 100-continue\r\n");
    private static final byte[] CLOSE = Ascii.bytes("Connection: close\r\n");
    private static final byte[] UPGRADE = Ascii.bytes("Connection: Upgrade\r\nUpgrade: ");
    private static final byte[] CRLF = Ascii.bytes("\r\n");
    private static final byte[] COLON = Ascii.bytes(": ");

    /** Returns whether sending the request twice does what sending it once does (RFC 9110 section 9.2.2). */
    boolean idempotent() {
        return switch (method) {
            case "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE" -> upgrade == null;
            default -> false;
        };
    }

    /** Returns whether the body waits for 100 (Continue): there must be one. */
    boolean awaitsContinue() {
        return expect && content.length() != 0;
    }

    /** Appends the head. */
    void writeHead(Buffer out) {
        out.appendLatin1(method);
        out.append((byte) ' ');
        out.appendLatin1(target);
        out.append(VERSION);
        if (!fields.has("Host")) {
            out.append(HOST);
            out.appendLatin1(method.equals("CONNECT") ? target : origin.authority());
            out.append(CRLF);
        }
        writeFields(out);
        writeFraming(out);
        out.append(CRLF);
    }

    private void writeFields(Buffer out) {
        byte[] bytes = fields.array();
        for (int i = 0, n = fields.size(); i < n; i++) {
            out.append(bytes, fields.nameStart(i), fields.nameEnd(i) - fields.nameStart(i));
            out.append(COLON);
            out.append(bytes, fields.valueStart(i), fields.valueEnd(i) - fields.valueStart(i));
            out.append(CRLF);
        }
        if (upgrade != null) {
            out.append(UPGRADE);
            out.appendLatin1(upgrade);
            out.append(CRLF);
        } else if (close) {
            out.append(CLOSE);
        }
    }

    private void writeFraming(Buffer out) {
        if (content.length() < 0) {
            out.append(CHUNKED);
        } else if (content.exists() || announcesNoBody()) {
            out.append(LENGTH);
            out.appendDecimal(content.length());
            out.append(CRLF);
        }
        if (awaitsContinue()) {
            out.append(EXPECT);
        }
    }

    // RFC 9110 section 8.6: a method that usually has a body says that there is none.
    private boolean announcesNoBody() {
        return method.equals("POST") || method.equals("PUT") || method.equals("PATCH");
    }

    /**
     * Returns the request that a redirection asks for (RFC 9110 section 15.4), or {@code null} if it is none, or one
     * that is not followed: to where this client does not go, or with a body that cannot be sent again.
     */
    RequestPlan redirected(ResponseHead head) {
        String location = head.header("Location");
        if (redirects == 0 || location == null || !isRedirection(head.status())) {
            return null;
        }
        boolean get = becomesGet(head.status());
        if (!get && !content.repeatable()) {
            return null;
        }
        try {
            URI next = URI.create(origin.scheme() + "://" + origin.authority() + "/")
                    .resolve(pathOf(target))
                    .resolve(location);
            return redirected(Origin.of(next), next, get);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private RequestPlan redirected(Origin next, URI uri, boolean get) {
        boolean same = next.scheme().equals(origin.scheme())
                && next.host().equals(origin.host())
                && next.port() == origin.port();
        if (!same && (origin.address() != null || (origin.secure() && !next.secure()))) {
            return null;
        }
        return new RequestPlan(
                get && !method.equals("HEAD") ? "GET" : method,
                same ? origin : next,
                target(uri),
                same && !get ? fields : fieldsFor(same, get),
                get ? RequestContent.NONE : content,
                expect,
                upgrade,
                close,
                redirects - 1,
                times);
    }

    private static boolean isRedirection(int status) {
        return (status >= 301 && status <= 303) || status == 307 || status == 308;
    }

    // What browsers do: POST becomes GET at 301 and 302, everything but HEAD does at 303.
    private boolean becomesGet(int status) {
        return status == 303 || (status < 303 && method.equals("POST"));
    }

    // What is meant for one server is not told to another, and what describes a body goes with it.
    private FieldBlock fieldsFor(boolean same, boolean get) {
        FieldBlock kept = new FieldBlock();
        for (int i = 0; i < fields.size(); i++) {
            boolean secret = fields.isNamed(i, "Authorization")
                    || fields.isNamed(i, "Cookie")
                    || fields.isNamed(i, "Proxy-Authorization")
                    || fields.isNamed(i, "Host");
            boolean ofBody = fields.name(i).regionMatches(true, 0, "Content-", 0, 8);
            if ((same || !secret) && (!get || !ofBody)) {
                kept.append(fields.name(i), fields.value(i));
            }
        }
        return kept;
    }

    private static String pathOf(String target) {
        return target.startsWith("/") ? target : "/";
    }

    /** Returns the target for a URI: raw path and query, as they stand there. */
    static String target(URI uri) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return uri.getRawQuery() == null ? path : path + "?" + uri.getRawQuery();
    }

    /**
     * Returns whether a text can be sent as a target: not empty, without blanks and control characters, a byte each.
     */
    static boolean isTarget(String target) {
        for (int i = 0; i < target.length(); i++) {
            char c = target.charAt(i);
            if (c <= ' ' || c == 0x7f || c > 0xff) {
                return false;
            }
        }
        return !target.isEmpty();
    }

    /** Returns whether the client writes this field itself. */
    static boolean isManaged(String name) {
        return switch (name.toLowerCase(java.util.Locale.ROOT)) {
            case "content-length",
                    "transfer-encoding",
                    "connection",
                    "expect",
                    "upgrade",
                    "keep-alive",
                    "te",
                    "trailer" -> true;
            default -> false;
        };
    }

    /**
     * Checks a field of the caller's.
     *
     * @throws IllegalArgumentException if it cannot be sent, or is written by the client itself
     */
    static void checkField(String name, String value) {
        if (!FieldSyntax.isToken(name) || !FieldSyntax.isValue(value)) {
            throw new IllegalArgumentException("cannot be sent as a field: " + name);
        }
        if (isManaged(name)) {
            throw new IllegalArgumentException("written by the client itself: " + name);
        }
    }
}

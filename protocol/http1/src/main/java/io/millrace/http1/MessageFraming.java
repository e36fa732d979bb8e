// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Ascii;
import io.millrace.http.Authority;
import io.millrace.http.ExchangeRequest;
import io.millrace.http.FieldBlock;
import io.millrace.http.FieldList;
import io.millrace.http.PathNormalizer;
import java.util.Arrays;

/**
 * What the head of a request means for the connection: where the body ends, whether the connection lasts, who is meant.
 * Strict where two readers of the same bytes could disagree, which is what request smuggling lives on (RFC 9112
 * sections 3.2, 6.3 and 11.2). Looks at each field once; allocates nothing.
 */
final class MessageFraming {
    /** Length of a body whose end is in its chunks. */
    static final long CHUNKED = -1;

    @SuppressWarnings("NullAway.Init") // begin
    private FieldBlock fields;

    @SuppressWarnings("NullAway.Init") // begin
    private byte[] bytes;

    // The host that was found valid last: most requests of a loop name the same.
    private final byte[] recentHost = new byte[64];
    private int recentHostLength;

    private int hosts;
    private int host;
    private int lengths;
    private long length;
    private boolean coded;
    private int chunkedAt;
    private int codings;
    private int options;
    private boolean foreignCoding;
    private boolean unknownCoding;
    private boolean close;
    private boolean keepAlive;
    private boolean upgrade;
    private boolean continues;
    private int version;

    /** Looks at a head; 0 if it is in order, else a status. Tells the request where target and authority lie. */
    int check(RequestParser parser, byte[] head, int from, ExchangeRequest request) {
        begin(parser, head, request.fields());
        int failed = 0;
        for (int i = 0, n = fields.size(); i < n && failed == 0; i++) {
            failed = field(i);
        }
        failed = failed != 0 ? failed : framing();
        failed = failed != 0 ? failed : host(request, from);
        return failed != 0 ? failed : target(parser, from, request);
    }

    private void begin(RequestParser parser, byte[] head, FieldBlock block) {
        fields = block;
        bytes = head;
        version = parser.version();
        hosts = 0;
        lengths = 0;
        length = 0;
        coded = false;
        chunkedAt = 0;
        codings = 0;
        options = 0;
        foreignCoding = false;
        unknownCoding = false;
        close = false;
        keepAlive = false;
        upgrade = false;
        continues = false;
    }

    /** Length of the body in bytes, or {@link #CHUNKED}. */
    long bodyLength() {
        return coded ? CHUNKED : length;
    }

    /** Whether the client lets the connection last beyond this exchange (RFC 9112 section 9.3). */
    boolean lasts() {
        return !close && (version > 10 || keepAlive);
    }

    /** Whether Connection names Upgrade. */
    boolean mayUpgrade() {
        return upgrade;
    }

    /** Whether the client waits for 100 (Continue) before it sends the body. */
    boolean expectsContinue() {
        return continues;
    }

    // The lengths of the names that matter are all different: one look decides for nearly every other field.
    private int field(int line) {
        return switch (fields.nameEnd(line) - fields.nameStart(line)) {
            case 4 -> fields.isNamed(line, "Host") ? hostField(line) : 0;
            case 6 -> fields.isNamed(line, "Expect") ? expect(line) : 0;
            case 10 -> fields.isNamed(line, "Connection") ? list(line, false) : 0;
            case 14 -> fields.isNamed(line, "Content-Length") ? contentLength(line) : 0;
            case 17 -> fields.isNamed(line, "Transfer-Encoding") ? list(line, true) : 0;
            default -> 0;
        };
    }

    private int hostField(int line) {
        host = line;
        return ++hosts > 1 ? 400 : 0;
    }

    // An HTTP/1.0 client cannot expect anything (RFC 9110 section 10.1.1).
    private int expect(int line) {
        if (version == 10) {
            return 0;
        }
        int start = fields.valueStart(line);
        continues = Ascii.equalsIgnoreCase(bytes, start, fields.valueEnd(line) - start, "100-continue");
        return continues ? 0 : 417;
    }

    // Digits and nothing else, once: no sign, no list, no second field even if it says the same.
    private int contentLength(int line) {
        int start = fields.valueStart(line);
        int end = fields.valueEnd(line);
        if (++lengths > 1 || start == end || end - start > 18) {
            return 400;
        }
        long value = 0;
        for (int at = start; at < end; at++) {
            if (bytes[at] < '0' || bytes[at] > '9') {
                return 400;
            }
            value = 10 * value + bytes[at] - '0';
        }
        length = value;
        return 0;
    }

    // Comma-separated tokens. In Connection empty ones are let pass (RFC 9110 section 5.6.1), among codings nothing is.
    // Neither list may end unread, since "close" or "chunked" could stand in the rest: one that is too long is refused.
    private int list(int line, boolean ofCodings) {
        coded |= ofCodings;
        int end = fields.valueEnd(line);
        int at = fields.valueStart(line);
        while ((ofCodings ? codings : options++) < FieldList.MOST) {
            int start = ByteScanner.skipBlanks(bytes, at, end);
            int stop = ByteScanner.skipToken(bytes, start, end);
            at = ByteScanner.skipBlanks(bytes, stop, end);
            boolean malformed = (at < end && bytes[at] != ',') || stop == start;
            if (ofCodings && malformed) {
                return 400;
            }
            if (ofCodings) {
                coding(start, stop - start);
            } else {
                option(start, stop - start, !malformed);
            }
            while (at < end && bytes[at] != ',') {
                at++;
            }
            if (at++ >= end) {
                return 0;
            }
        }
        return 431;
    }

    // An element that only begins with an option is none; but one that begins with "close" is taken for it, since to
    // close is safe.
    private void option(int start, int length, boolean whole) {
        switch (length) {
            case 5 -> close |= Ascii.equalsIgnoreCase(bytes, start, length, "close");
            case 7 -> upgrade |= whole && Ascii.equalsIgnoreCase(bytes, start, length, "upgrade");
            case 10 -> keepAlive |= whole && Ascii.equalsIgnoreCase(bytes, start, length, "keep-alive");
            default -> {}
        }
    }

    private void coding(int start, int length) {
        codings++;
        if (Ascii.equalsIgnoreCase(bytes, start, length, "chunked")) {
            // A second one finds the first in the way of being the last.
            chunkedAt = chunkedAt == 0 ? codings : Integer.MAX_VALUE;
        } else {
            foreignCoding = true;
            unknownCoding |= !isRegistered(start, length);
        }
    }

    private boolean isRegistered(int start, int length) {
        return Ascii.equalsIgnoreCase(bytes, start, length, "gzip")
                || Ascii.equalsIgnoreCase(bytes, start, length, "x-gzip")
                || Ascii.equalsIgnoreCase(bytes, start, length, "deflate")
                || Ascii.equalsIgnoreCase(bytes, start, length, "compress")
                || Ascii.equalsIgnoreCase(bytes, start, length, "x-compress")
                || Ascii.equalsIgnoreCase(bytes, start, length, "identity");
    }

    // RFC 9112 section 6.1 and 6.3.
    private int framing() {
        if (!coded) {
            return 0;
        }
        if (lengths > 0 || version == 10) {
            return 400;
        }
        if (chunkedAt != 0 && chunkedAt != codings) {
            return 400;
        }
        if (chunkedAt == 0) {
            return unknownCoding ? 501 : 400;
        }
        return foreignCoding ? 501 : 0;
    }

    // RFC 9112 section 3.2: exactly one Host, and a valid one; HTTP/1.0 may go without.
    private int host(ExchangeRequest request, int from) {
        if (hosts == 0) {
            return version == 10 ? 0 : 400;
        }
        int start = fields.valueStart(host);
        int end = fields.valueEnd(host);
        request.authority(start - from, end - from);
        return isRecentHost(start, end) || isValidHost(start, end) ? 0 : 400;
    }

    private boolean isRecentHost(int start, int end) {
        return start < end && Arrays.equals(recentHost, 0, recentHostLength, bytes, start, end);
    }

    private boolean isValidHost(int start, int end) {
        boolean valid = Authority.isValid(bytes, start, end);
        if (valid && end - start <= recentHost.length) {
            recentHostLength = end - start;
            System.arraycopy(bytes, start, recentHost, 0, recentHostLength);
        }
        return valid;
    }

    private int target(RequestParser parser, int from, ExchangeRequest request) {
        int start = from + parser.targetStart();
        int end = from + parser.targetEnd();
        if (bytes[start] == '/') {
            return path(request, from, start, start, end);
        }
        if (isMethod(parser, from, "CONNECT")) {
            // Understood, and not done: this is no proxy.
            request.target(start - from, end - from, start - from, end - from);
            return Authority.isValidWithPort(bytes, start, end) ? 501 : 400;
        }
        if (end - start == 1 && bytes[start] == '*') {
            request.target(start - from, end - from, start - from, end - from);
            return isMethod(parser, from, "OPTIONS") ? 0 : 400;
        }
        return absolute(request, from, start, end);
    }

    private boolean isMethod(RequestParser parser, int from, String name) {
        return Ascii.equals(bytes, from, parser.methodEnd(), name);
    }

    // RFC 9112 section 3.2.2: what an absolute target says goes before the Host field, which must be there all the
    // same.
    private int absolute(ExchangeRequest request, int from, int start, int end) {
        int authority = start + schemeLength(start, end);
        if (authority == start) {
            return 400;
        }
        int path = authority;
        while (path < end && bytes[path] != '/' && bytes[path] != '?') {
            path++;
        }
        request.authority(authority - from, path - from);
        return Authority.isValid(bytes, authority, path) ? path(request, from, start, path, end) : 400;
    }

    private int schemeLength(int start, int end) {
        if (end - start > 7 && Ascii.equalsIgnoreCase(bytes, start, 7, "http://")) {
            return 7;
        }
        return end - start > 8 && Ascii.equalsIgnoreCase(bytes, start, 8, "https://") ? 8 : 0;
    }

    private int path(ExchangeRequest request, int from, int start, int pathStart, int end) {
        int pathEnd = pathStart;
        while (pathEnd < end && bytes[pathEnd] != '?') {
            pathEnd++;
        }
        request.target(start - from, end - from, pathStart - from, pathEnd - from);
        return PathNormalizer.valid(bytes, pathStart, pathEnd) ? 0 : 400;
    }
}

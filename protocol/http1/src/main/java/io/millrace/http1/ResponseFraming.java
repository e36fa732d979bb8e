// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Ascii;
import io.millrace.http.FieldBlock;
import io.millrace.http1.ResponseParser.Framing;
import org.jspecify.annotations.Nullable;

/**
 * What the head of a response means for the connection: where the body ends and whether the connection lasts (RFC 9112
 * sections 6.3 and 9.3). Looks at each field once; allocates nothing.
 *
 * <p>A field that does not frame the message is not judged: whatever Content-Length says of a 304 or of an answer to
 * HEAD, the message ends with its head.
 */
final class ResponseFraming {
    /** Content-Length is missing, or says nothing that can be used. */
    static final long UNKNOWN = -1;

    private static final int MOST_DIGITS = 18;

    private final boolean strict;

    @SuppressWarnings("NullAway.Init") // begin
    private byte[] bytes;

    private boolean badLength;
    private long length;
    private int codings;
    private int chunkedAt;
    private boolean badCoding;
    private boolean close;
    private boolean keepAlive;
    private int version;
    private Framing framing = Framing.NONE;

    /** Strict or not: whether two lengths, of which the standard says which counts, are refused. */
    ResponseFraming(boolean strict) {
        this.strict = strict;
    }

    /**
     * Looks at a final head.
     *
     * @param head the parser that has read it
     * @param fields its field lines, a view of the bytes
     * @param bodiless whether it answers HEAD
     * @param connect whether it answers CONNECT
     * @return 0, or {@link ResponseParser#AMBIGUOUS}
     */
    int check(ResponseHeadParser head, FieldBlock fields, boolean bodiless, boolean connect) {
        begin(head, fields);
        for (int i = 0, n = fields.size(); i < n; i++) {
            field(fields, i);
        }
        Framing found = framing(head.status(), bodiless, connect);
        framing = found == null ? Framing.UNTIL_CLOSE : found;
        return found == null ? ResponseParser.AMBIGUOUS : 0;
    }

    private void begin(ResponseHeadParser head, FieldBlock fields) {
        bytes = fields.array();
        version = head.version();
        badLength = false;
        length = UNKNOWN;
        codings = 0;
        chunkedAt = 0;
        badCoding = false;
        close = false;
        keepAlive = false;
    }

    /** How the end of the body is told. */
    Framing framing() {
        return framing;
    }

    /** What Content-Length says, or {@link #UNKNOWN}; what another field overrides does not count. */
    long length() {
        return badLength || codings > 0 ? UNKNOWN : length;
    }

    /** Whether another transfer coding than chunked was applied. */
    boolean coded() {
        return codings > (chunkedAt > 0 ? 1 : 0);
    }

    /**
     * Whether another request may follow on the connection: the server lets it last and the end of the response does
     * not end it. After two lengths in one message it does not (RFC 9112 section 6.3).
     */
    boolean lasts() {
        boolean allowed = !close && (version > 10 || keepAlive);
        boolean ambiguous = codings > 0 && (length != UNKNOWN || badLength);
        return allowed && !ambiguous && framing != Framing.UNTIL_CLOSE && framing != Framing.TUNNEL;
    }

    // The lengths of the names that matter are all different: one look decides for nearly every other field.
    private void field(FieldBlock fields, int line) {
        switch (fields.nameEnd(line) - fields.nameStart(line)) {
            case 10 -> {
                if (fields.isNamed(line, "Connection")) {
                    connection(fields.valueStart(line), fields.valueEnd(line));
                }
            }
            case 14 -> {
                if (fields.isNamed(line, "Content-Length")) {
                    lengths(fields.valueStart(line), fields.valueEnd(line));
                }
            }
            case 17 -> {
                if (fields.isNamed(line, "Transfer-Encoding")) {
                    codings(fields.valueStart(line), fields.valueEnd(line));
                }
            }
            default -> {}
        }
    }

    // ---- Connection: tokens between commas; what is none is passed over

    private void connection(int from, int to) {
        for (int at = from; at < to; at++) {
            int start = ByteScanner.skipBlanks(bytes, at, to);
            at = comma(start, to);
            option(start, ByteScanner.trimEnd(bytes, start, at) - start);
        }
    }

    private int comma(int from, int to) {
        int at = from;
        while (at < to && bytes[at] != ',') {
            at++;
        }
        return at;
    }

    private void option(int start, int size) {
        if (size == 5) {
            close |= Ascii.equalsIgnoreCase(bytes, start, size, "close");
        } else if (size == 10) {
            keepAlive |= Ascii.equalsIgnoreCase(bytes, start, size, "keep-alive");
        }
    }

    // ---- Content-Length: one number, or the same number several times (RFC 9112 section 6.3)

    private void lengths(int from, int to) {
        int at = from;
        do {
            int start = ByteScanner.skipBlanks(bytes, at, to);
            at = comma(start, to);
            oneLength(start, ByteScanner.trimEnd(bytes, start, at));
        } while (at++ < to);
    }

    private void oneLength(int start, int end) {
        long value = 0;
        boolean digits = end > start && end - start <= MOST_DIGITS;
        for (int at = start; at < end && digits; at++) {
            digits = bytes[at] >= '0' && bytes[at] <= '9';
            value = 10 * value + bytes[at] - '0';
        }
        badLength |= !digits || (length != UNKNOWN && length != value);
        length = value;
    }

    // ---- Transfer-Encoding: tokens between commas and nothing else, no parameters, none empty

    private void codings(int from, int to) {
        int at = from;
        do {
            int start = ByteScanner.skipBlanks(bytes, at, to);
            int end = ByteScanner.skipToken(bytes, start, to);
            at = ByteScanner.skipBlanks(bytes, end, to);
            badCoding |= end == start || (at < to && bytes[at] != ',');
            coding(start, end - start);
            at = comma(at, to);
        } while (at++ < to);
    }

    private void coding(int start, int size) {
        codings++;
        if (Ascii.equalsIgnoreCase(bytes, start, size, "chunked")) {
            badCoding |= chunkedAt > 0;
            chunkedAt = codings;
        }
    }

    // ---- RFC 9112 section 6.3, in its order; null if two readers could find different ends

    private @Nullable Framing framing(int status, boolean bodiless, boolean connect) {
        if (status == 101 || (connect && status >= 200 && status <= 299)) {
            return Framing.TUNNEL;
        }
        if (bodiless || status == 204 || status == 304) {
            return Framing.NONE;
        }
        if (codings > 0) {
            return coding();
        }
        if (badLength) {
            return null;
        }
        return length == UNKNOWN ? Framing.UNTIL_CLOSE : length == 0 ? Framing.NONE : Framing.LENGTH;
    }

    // HTTP/1.0 has no transfer codings: what says it has is faulty (RFC 9112 section 6.1).
    private @Nullable Framing coding() {
        if (badCoding || version == 10 || (strict && (badLength || length != UNKNOWN))) {
            return null;
        }
        return chunkedAt == codings ? Framing.CHUNKED : Framing.UNTIL_CLOSE;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.http.Authority;
import io.millrace.http.ExchangeRequest;
import io.millrace.http.FieldBlock;
import io.millrace.http.Limits;
import io.millrace.http.PathNormalizer;
import java.util.Arrays;

/**
 * The fields of a request, or of the trailers after its body, while they are decoded: checks each as it comes (RFC 9113
 * sections 8.2 and 8.3), keeps where it lies, and says at the end what the whole means. Lent to a connection for as
 * long as a header block takes to come in.
 *
 * <p>A block that is larger than the limits is decoded to its end, since the table of the connection depends on it, but
 * not kept; one that is larger by far ends the connection.
 */
final class RequestHead extends FieldSink {
    /** The head is in order. */
    static final int FINE = 0;

    /** The stream is to be reset: what came is no request (section 8.1.1). */
    static final int MALFORMED = -1;

    private static final int BY_FAR = 4;
    private static final int LONGEST_METHOD = 32;
    private static final int MOST_KEPT = 8 * 1024;
    private static final int NONE = -1;

    // The places of the pseudo fields: where each begins and ends.
    private static final int METHOD = 0;
    private static final int SCHEME = 1;
    private static final int AUTHORITY = 2;
    private static final int PATH = 3;
    private static final int PROTOCOL = 4;

    private final Limits limits;
    private final int[] starts = new int[5];
    private final int[] ends = new int[5];

    // Four offsets for each regular field, as FieldBlock has them; cookies apart, with two.
    private int[] spans = new int[4 * 32];
    private int count;
    private int[] crumbs = new int[2 * 4];
    private int crumbCount;

    private boolean trailers;
    private boolean malformed;
    private boolean tooLarge;
    private boolean regular;
    private int fields;
    private long size;
    private int host;
    private long length;
    private int expects;
    private int priority;

    RequestHead(Limits limits) {
        this.limits = limits;
    }

    /** Begins a block: a request, or trailers. */
    void begin(boolean ofTrailers) {
        trailers = ofTrailers;
        keep(0);
        Arrays.fill(starts, NONE);
        count = 0;
        crumbCount = 0;
        malformed = false;
        tooLarge = false;
        regular = false;
        fields = 0;
        size = 0;
        host = NONE;
        length = NONE;
        expects = 0;
        priority = Priority.USUAL;
    }

    /** Gives up memory that one large request needed. */
    void trim() {
        trim(MOST_KEPT);
        if (spans.length > 4 * 128) {
            spans = new int[4 * 32];
        }
        if (crumbs.length > 2 * 64) {
            crumbs = new int[2 * 4];
        }
    }

    /** Returns whether the block is larger than any that is worth being decoded. */
    @Override
    boolean isFull() {
        return size > (long) BY_FAR * limits.head() || fields > BY_FAR * limits.fields();
    }

    // ---- each field

    @Override
    void field(int start, int nameEnd, int end) {
        size += end - start + DynamicTable.OVERHEAD;
        boolean pseudo = nameEnd > start && bytes()[start] == ':';
        if (!pseudo) {
            fields++;
        }
        tooLarge |= size > limits.head() || fields > limits.fields();
        if (malformed || tooLarge) {
            return; // nothing is kept: the next field is written over this one
        }
        malformed = !(pseudo ? pseudo(start, nameEnd, end) : regular(start, nameEnd, end));
        keep(end);
    }

    private boolean pseudo(int start, int nameEnd, int end) {
        int which = which(start, nameEnd - start);
        if (regular
                || trailers
                || which == NONE
                || starts[which] != NONE
                || !FieldRules.isValue(bytes(), nameEnd, end)) {
            return false;
        }
        starts[which] = nameEnd;
        ends[which] = end;
        return true;
    }

    private int which(int start, int nameLength) {
        return switch (nameLength) {
            case 5 -> is(start, nameLength, ":path") ? PATH : NONE;
            case 7 -> is(start, nameLength, ":method") ? METHOD : is(start, nameLength, ":scheme") ? SCHEME : NONE;
            case 9 -> is(start, nameLength, ":protocol") ? PROTOCOL : NONE;
            case 10 -> is(start, nameLength, ":authority") ? AUTHORITY : NONE;
            default -> NONE;
        };
    }

    private boolean is(int start, int length, String text) {
        return Ascii.equals(bytes(), start, length, text);
    }

    private boolean regular(int start, int nameEnd, int end) {
        regular = true;
        if (!FieldRules.isName(bytes(), start, nameEnd)
                || !FieldRules.isValue(bytes(), nameEnd, end)
                || !known(start, nameEnd, end)) {
            return false;
        }
        if (nameEnd - start == 6 && is(start, 6, "cookie")) {
            crumb(nameEnd, end);
        } else {
            span(start, nameEnd, nameEnd, end);
        }
        return true;
    }

    // The lengths of the names that matter decide for nearly every other field. Returns whether the field may be there.
    private boolean known(int start, int nameEnd, int end) {
        int nameLength = nameEnd - start;
        return switch (nameLength) {
            case 2 -> !is(start, 2, "te") || Ascii.equalsIgnoreCase(bytes(), nameEnd, end - nameEnd, "trailers");
            case 4 -> !is(start, 4, "host") || host();
            case 6 -> !is(start, 6, "expect") || expect(nameEnd, end);
            case 7 -> !is(start, 7, "upgrade");
            case 8 -> !is(start, 8, "priority") || priority(nameEnd, end);
            case 10 -> !is(start, 10, "connection") && !is(start, 10, "keep-alive");
            case 14 -> !is(start, 14, "content-length") || contentLength(nameEnd, end);
            case 16 -> !is(start, 16, "proxy-connection");
            case 17 -> !is(start, 17, "transfer-encoding");
            default -> true;
        };
    }

    private boolean host() {
        boolean first = host == NONE;
        host = count;
        return first && !trailers;
    }

    private boolean expect(int start, int end) {
        expects = Ascii.equalsIgnoreCase(bytes(), start, end - start, "100-continue") ? 100 : 417;
        return true;
    }

    private boolean priority(int start, int end) {
        priority = Priority.parse(bytes(), start, end);
        return true;
    }

    // Digits and nothing else, once.
    private boolean contentLength(int start, int end) {
        if (length != NONE || trailers || start == end || end - start > 18) {
            return false;
        }
        long value = 0;
        for (int at = start; at < end; at++) {
            byte c = bytes()[at];
            if (c < '0' || c > '9') {
                return false;
            }
            value = 10 * value + c - '0';
        }
        length = value;
        return true;
    }

    private void span(int nameStart, int nameEnd, int valueStart, int valueEnd) {
        int at = 4 * count++;
        if (at == spans.length) {
            spans = Arrays.copyOf(spans, 2 * at);
        }
        spans[at] = nameStart;
        spans[at + 1] = nameEnd;
        spans[at + 2] = valueStart;
        spans[at + 3] = valueEnd;
    }

    private void crumb(int start, int end) {
        int at = 2 * crumbCount++;
        if (at == crumbs.length) {
            crumbs = Arrays.copyOf(crumbs, 2 * at);
        }
        crumbs[at] = start;
        crumbs[at + 1] = end;
    }

    // ---- the whole

    /** The block is complete: {@link #FINE}, {@link #MALFORMED}, or the status that refuses the request. */
    int end() {
        if (malformed) {
            return MALFORMED;
        }
        if (tooLarge) {
            return trailers ? MALFORMED : 431;
        }
        joinCookies();
        return trailers ? FINE : check();
    }

    // RFC 9113 section 8.2.3: one field for those who know only one.
    private void joinCookies() {
        if (crumbCount == 0) {
            return;
        }
        int start = used();
        int end = start;
        put(end, "cookie");
        end += 6;
        for (int i = 0; i < crumbCount; i++) {
            if (i > 0) {
                put(end, "; ");
                end += 2;
            }
            int length = crumbs[2 * i + 1] - crumbs[2 * i];
            reserve(end, length);
            System.arraycopy(bytes(), crumbs[2 * i], bytes(), end, length);
            end += length;
        }
        keep(end);
        span(start, start + 6, start + 6, end);
    }

    private void put(int at, String text) {
        reserve(at, text.length());
        for (int i = 0; i < text.length(); i++) {
            bytes()[at + i] = (byte) text.charAt(i);
        }
    }

    private int check() {
        if (starts[METHOD] == NONE || !FieldRules.isToken(bytes(), starts[METHOD], ends[METHOD])) {
            return MALFORMED;
        }
        boolean connect = isMethod("CONNECT");
        if (starts[PROTOCOL] != NONE && !connect) {
            return MALFORMED;
        }
        if (connect && starts[PROTOCOL] == NONE) {
            return plainConnect();
        }
        if (starts[SCHEME] == NONE || starts[PATH] == NONE || !isPath()) {
            return MALFORMED;
        }
        int failed = authority();
        if (failed != FINE) {
            return failed;
        }
        if (scheme() == null || !PathNormalizer.valid(bytes(), starts[PATH], queryStart())) {
            return 400;
        }
        if (ends[METHOD] - starts[METHOD] > LONGEST_METHOD) {
            return 501;
        }
        return ends[PATH] - starts[PATH] > limits.target() ? 414 : expects == 417 ? 417 : FINE;
    }

    // RFC 9113 section 8.5. Understood, and not done: this is no proxy.
    private int plainConnect() {
        boolean formed = starts[SCHEME] == NONE
                && starts[PATH] == NONE
                && starts[AUTHORITY] != NONE
                && Authority.isValidWithPort(bytes(), starts[AUTHORITY], ends[AUTHORITY]);
        return formed ? 501 : MALFORMED;
    }

    private boolean isMethod(String name) {
        return is(starts[METHOD], ends[METHOD] - starts[METHOD], name);
    }

    // As the request line of HTTP/1.1 may have it: no blank, no fragment.
    private boolean isPath() {
        int start = starts[PATH];
        int end = ends[PATH];
        if (end - start == 1 && bytes()[start] == '*') {
            return isMethod("OPTIONS");
        }
        for (int at = start; at < end; at++) {
            byte c = bytes()[at];
            if (c == '#' || FieldRules.isBlank(c)) {
                return false;
            }
        }
        return end > start && bytes()[start] == '/';
    }

    // Sections 8.3.1: :authority goes before Host, and the two may not differ.
    private int authority() {
        int start = starts[AUTHORITY];
        int end = ends[AUTHORITY];
        if (host != NONE) {
            int hostStart = spans[4 * host + 2];
            int hostEnd = spans[4 * host + 3];
            if (start == NONE) {
                starts[AUTHORITY] = hostStart;
                ends[AUTHORITY] = hostEnd;
            } else if (!FieldRules.equalsIgnoreCase(bytes(), start, end, hostStart, hostEnd)) {
                return MALFORMED;
            }
        }
        return starts[AUTHORITY] != NONE && Authority.isValid(bytes(), starts[AUTHORITY], ends[AUTHORITY]) ? FINE : 400;
    }

    private String scheme() {
        int nameLength = ends[SCHEME] - starts[SCHEME];
        return is(starts[SCHEME], nameLength, "http")
                ? "http"
                : is(starts[SCHEME], nameLength, "https") ? "https" : null;
    }

    private int queryStart() {
        int at = starts[PATH];
        while (at < ends[PATH] && bytes()[at] != '?') {
            at++;
        }
        return at;
    }

    // ---- what it says

    /** Returns the length that the request announces for its body, -1 for none. */
    long contentLength() {
        return length;
    }

    /** Returns whether the client waits for 100 (Continue) before it sends the body. */
    boolean expectsContinue() {
        return expects == 100;
    }

    /** Returns the priority that the request asks for. */
    int priority() {
        return priority;
    }

    /** Returns the protocol that an extended CONNECT asks for (RFC 8441 section 4), {@code null} for any other. */
    String protocol() {
        return starts[PROTOCOL] == NONE
                ? null
                : Ascii.string(bytes(), starts[PROTOCOL], ends[PROTOCOL] - starts[PROTOCOL]);
    }

    /** Returns whether the parts of a request are there, though it may have to be refused. */
    boolean isReadable() {
        return !malformed && !tooLarge && starts[METHOD] != NONE && starts[PATH] != NONE;
    }

    /** Says to the request where its parts lie. */
    void fill(ExchangeRequest request) {
        request.head(bytes(), 0, used(), 20);
        request.method(starts[METHOD], ends[METHOD]);
        String scheme = starts[SCHEME] == NONE ? null : scheme();
        request.scheme(scheme == null ? "http" : scheme);
        request.target(starts[PATH], ends[PATH], starts[PATH], queryStart());
        if (starts[AUTHORITY] != NONE) {
            request.authority(starts[AUTHORITY], ends[AUTHORITY]);
        }
        FieldBlock into = request.fields();
        for (int i = 0; i < 4 * count; i += 4) {
            into.add(spans[i], spans[i + 1], spans[i + 2], spans[i + 3]);
        }
    }

    /** Appends the trailers to a block. */
    void fill(FieldBlock into) {
        for (int i = 0; i < 4 * count; i += 4) {
            into.append(
                    Ascii.string(bytes(), spans[i], spans[i + 1] - spans[i]),
                    Ascii.string(bytes(), spans[i + 2], spans[i + 3] - spans[i + 2]));
        }
    }
}

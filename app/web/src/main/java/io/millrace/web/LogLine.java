// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Tls;
import io.millrace.http.Request;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.TimeZone;

/**
 * One exchange as one line of ASCII. What the client sent is escaped, so that no client writes a line, a quote or a
 * terminal's control sequence into the log but the log itself. Remembers the text of the last second: one thread at a
 * time.
 */
final class LogLine {

    /** What one field of a client may take; the rest is cut off. */
    static final int LONGEST_FIELD = 2048;

    /** What others log for a connection that ended before its answer (nginx's invention). */
    private static final int GONE = 499;

    private static final String MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

    private final LogFormat format;
    private final boolean colour;
    /**
     * {@code null} for the system's, until it is asked for. No ZoneId, whose rules are searched for in every jar, which
     * is a good part of a worker's start.
     */
    private TimeZone zone;

    private long second = Long.MIN_VALUE;
    private byte[] time;

    LogLine(LogFormat format, boolean colour, TimeZone zone) {
        this.format = format;
        this.colour = colour && format != LogFormat.JSON;
        this.zone = zone;
    }

    /** Appends the line of an exchange; {@code request} and {@code from} may be {@code null}, {@code status} 0. */
    void append(Buffer out, Request request, SocketAddress from, int status, long bytes, long nanos, long millis) {
        int shown = status == 0 ? GONE : status;
        if (format == LogFormat.JSON) {
            json(out, request, from, shown, bytes, nanos, millis);
        } else {
            common(out, request, from, shown, bytes, nanos, millis);
        }
        out.append((byte) '\n');
    }

    /** Appends the line that says how many are missing. */
    void appendDropped(Buffer out, long lines) {
        out.appendLatin1(format == LogFormat.JSON ? "{\"dropped\":" : "# dropped ");
        out.appendDecimal(lines);
        out.appendLatin1(format == LogFormat.JSON ? "}\n" : " lines that could not be written in time\n");
    }

    private void common(
            Buffer out, Request request, SocketAddress from, int status, long bytes, long nanos, long millis) {
        escape(out, peer(from, "-"), false);
        out.appendLatin1(" - - [");
        out.append(time(millis));
        out.appendLatin1("] \"");
        if (request == null) {
            out.append((byte) '-');
        } else {
            escape(out, request.method(), false);
            out.append((byte) ' ');
            escape(out, request.target(), false);
            out.append((byte) ' ');
            version(out, request);
        }
        out.appendLatin1("\" ");
        status(out, status);
        out.append((byte) ' ');
        out.appendDecimal(bytes);
        if (format == LogFormat.COMBINED) {
            quoted(out, header(request, "Referer"));
            quoted(out, header(request, "User-Agent"));
        } else if (format == LogFormat.ROUTE) {
            quoted(out, route(request));
        }
        out.append((byte) ' ');
        milliseconds(out, nanos);
    }

    private static String header(Request request, String name) {
        return request == null ? null : request.header(name);
    }

    /** The pattern of the route, {@code null} for none. */
    private static String route(Request request) {
        return request == null || request.pattern().isEmpty() ? null : request.pattern();
    }

    private static void quoted(Buffer out, String value) {
        out.appendLatin1(" \"");
        escape(out, value == null ? "-" : value, false);
        out.append((byte) '"');
    }

    private void status(Buffer out, int status) {
        if (colour) {
            out.appendLatin1(
                    status < 300 ? "\033[32m" : status < 400 ? "\033[36m" : status < 500 ? "\033[33m" : "\033[31m");
        }
        out.appendDecimal(status);
        if (colour) {
            out.appendLatin1("\033[0m");
        }
    }

    private void json(
            Buffer out, Request request, SocketAddress from, int status, long bytes, long nanos, long millis) {
        out.appendLatin1("{\"time\":\"");
        out.append(time(millis));
        out.append((byte) '"');
        member(out, "peer", peer(from, null));
        member(out, "method", request == null ? null : request.method());
        member(out, "target", request == null ? null : request.target());
        member(out, "route", route(request));
        if (request != null) {
            out.appendLatin1(",\"version\":\"");
            version(out, request);
            out.append((byte) '"');
        }
        number(out, "status", status);
        number(out, "bytes", bytes);
        out.appendLatin1(",\"ms\":");
        milliseconds(out, nanos);
        member(out, "host", request == null ? null : request.authority());
        member(out, "referer", header(request, "Referer"));
        member(out, "agent", header(request, "User-Agent"));
        Tls tls = request == null ? null : request.tls();
        if (tls != null) {
            member(out, "tls", tls.protocol());
            member(out, "suite", tls.cipherSuite());
        }
        out.append((byte) '}');
    }

    private static void number(Buffer out, String name, long value) {
        name(out, name);
        out.appendDecimal(value);
    }

    private static void member(Buffer out, String name, String value) {
        name(out, name);
        if (value == null) {
            out.appendLatin1("null");
            return;
        }
        out.append((byte) '"');
        escape(out, value, true);
        out.append((byte) '"');
    }

    private static void name(Buffer out, String name) {
        out.appendLatin1(",\"");
        out.appendLatin1(name);
        out.appendLatin1("\":");
    }

    private static void version(Buffer out, Request request) {
        out.appendLatin1("HTTP/");
        out.appendDecimal(request.version() / 10);
        out.append((byte) '.');
        out.appendDecimal(request.version() % 10);
    }

    /** Milliseconds with three decimals. */
    private static void milliseconds(Buffer out, long nanos) {
        long micros = Math.max(0, nanos) / 1000;
        out.appendDecimal(micros / 1000);
        out.append((byte) '.');
        for (long unit = 100; unit > 0; unit /= 10) {
            out.append((byte) ('0' + micros / unit % 10));
        }
    }

    private static String peer(SocketAddress from, String unknown) {
        if (!(from instanceof InetSocketAddress peer)) {
            return unknown;
        }
        return peer.getAddress() == null
                ? peer.getHostString()
                : peer.getAddress().getHostAddress();
    }

    private byte[] time(long millis) {
        long now = Math.floorDiv(millis, 1000L);
        if (now != second) {
            Instant instant = Instant.ofEpochSecond(now);
            time = format == LogFormat.JSON
                    ? Ascii.bytes(DateTimeFormatter.ISO_INSTANT.format(instant))
                    : clf(instant.atOffset(offset(millis)));
            second = now;
        }
        return time;
    }

    private ZoneOffset offset(long millis) {
        zone = zone == null ? TimeZone.getDefault() : zone;
        return ZoneOffset.ofTotalSeconds(zone.getOffset(millis) / 1000);
    }

    /**
     * 24/Nov/2026:18:02:13 +0000. By hand: a formatter with names of months loads the JDK's locale data, a third of a
     * worker's start.
     */
    private static byte[] clf(OffsetDateTime at) {
        Buffer text = new Buffer(32);
        digits(text, at.getDayOfMonth(), 2);
        text.append((byte) '/');
        text.appendLatin1(MONTHS.substring(3 * at.getMonthValue() - 3, 3 * at.getMonthValue()));
        text.append((byte) '/');
        digits(text, at.getYear(), 4);
        int[] clock = {at.getHour(), at.getMinute(), at.getSecond()};
        for (int part : clock) {
            text.append((byte) ':');
            digits(text, part, 2);
        }
        int offset = at.getOffset().getTotalSeconds() / 60;
        text.appendLatin1(offset < 0 ? " -" : " +");
        digits(text, Math.abs(offset) / 60 * 100 + Math.abs(offset) % 60, 4);
        byte[] bytes = new byte[text.readable()];
        System.arraycopy(text.array(), text.head(), bytes, 0, bytes.length);
        return bytes;
    }

    private static void digits(Buffer out, int number, int count) {
        int unit = 1;
        for (int i = 1; i < count; i++) {
            unit *= 10;
        }
        for (; unit > 0; unit /= 10) {
            out.append((byte) ('0' + number / unit % 10));
        }
    }

    /** Quotes, backslashes and everything that is no visible ASCII, as Apache writes them (\xhh) or JSON (\\u00hh). */
    private static void escape(Buffer out, String text, boolean json) {
        int length = Math.min(text.length(), LONGEST_FIELD);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append((byte) '\\');
                out.append((byte) c);
            } else if (c >= ' ' && c < 127) {
                out.append((byte) c);
            } else {
                escape(out, c, json);
            }
        }
    }

    private static void escape(Buffer out, char c, boolean json) {
        boolean wide = json || c > 0xff;
        out.appendLatin1(wide ? "\\u" : "\\x");
        for (int shift = wide ? 12 : 4; shift >= 0; shift -= 4) {
            out.append((byte) "0123456789abcdef".charAt(c >> shift & 0xf));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.http.FieldBlock;
import io.millrace.http.HttpDate;
import io.millrace.http.Status;
import org.jspecify.annotations.Nullable;

/**
 * Writes heads of answers (RFC 9112 section 4): status line, Date and Server, framing, fields. Keeps what is the same
 * for many answers as bytes: the status lines, and Server with Date, which is made anew once a second. One for each
 * loop.
 */
final class ResponseWriter {
    private static final byte[] CRLF = {'\r', '\n'};
    private static final byte[] LENGTH = Ascii.bytes("Content-Length: ");
    private static final byte[] CHUNKED = Ascii.bytes("Transfer-Encoding: chunked\r\n");
    private static final byte[] CLOSE = Ascii.bytes("Connection: close\r\n");
    private static final byte[] KEEP_ALIVE = Ascii.bytes("Connection: keep-alive\r\n");
    private static final byte[] CONTINUE = Ascii.bytes("HTTP/1.1 100 Continue\r\n\r\n");
    private static final byte[] LAST_CHUNK = Ascii.bytes("0\r\n");
    private static final String DATE = "Date: ";

    // How answers of each status begin; the date in the one used last is that of the turn.
    private final byte[][] leads = new byte[600][];
    private final Clock clock;
    private final HttpDate date = new HttpDate();
    private final String serverLine;

    /** The head that many answers of a turn share. */
    final RecentHead recent = new RecentHead();

    private byte[] lead = {};
    private int leadStatus;
    private long leadTurn;

    /** A writer that calls the server {@code server}, or leaves the field away for {@code null}. */
    ResponseWriter(Clock clock, @Nullable String server) {
        this.clock = clock;
        this.serverLine = server == null ? "" : "Server: " + server + "\r\n";
    }

    /** What Connection says. */
    enum Persistence {
        /** Nothing: HTTP/1.1 goes on. */
        IMPLIED,
        /** That it goes on, which an HTTP/1.0 client must be told. */
        KEEP_ALIVE,
        /** That it ends. */
        CLOSE
    }

    /**
     * Status line, Date and Server. {@code turn} changes when time may have passed: the clock is asked once for each.
     */
    void begin(Buffer out, int status, FieldBlock fields, long turn) {
        if (status != leadStatus || turn != leadTurn) {
            lead(status, turn);
        }
        // The handler's own Server field goes before ours.
        boolean ownServer = fields.size() > 0 && fields.has("Server");
        out.append(lead, 0, ownServer ? lead.length - serverLine.length() : lead.length);
    }

    private void lead(int status, long turn) {
        leadStatus = status;
        leadTurn = turn;
        lead = leads[status];
        if (lead == null) {
            String statusLine = "HTTP/1.1 " + status + " " + Status.reason(status) + "\r\n";
            lead = Ascii.bytes(statusLine + DATE + " ".repeat(HttpDate.LENGTH) + "\r\n" + serverLine);
            leads[status] = lead;
        }
        int at = lead.length - serverLine.length() - CRLF.length - HttpDate.LENGTH;
        System.arraycopy(date.at(clock.millis()), 0, lead, at, HttpDate.LENGTH);
    }

    /** The length of the body. */
    void length(Buffer out, long length) {
        out.append(LENGTH);
        out.appendDecimal(length);
        out.append(CRLF);
    }

    /** That the body is chunked. */
    void chunked(Buffer out) {
        out.append(CHUNKED);
    }

    /** Connection, the handler's fields and the empty line. */
    void end(Buffer out, FieldBlock fields, FieldLines lines, Persistence persistence) {
        if (persistence != Persistence.IMPLIED) {
            out.append(persistence == Persistence.CLOSE ? CLOSE : KEEP_ALIVE);
        }
        lines.append(fields, out);
        out.append(CRLF);
    }

    /** The interim answer on which a client waits before it sends a body. */
    void writeContinue(Buffer out) {
        out.append(CONTINUE);
    }

    /** An interim answer with these fields. */
    void interim(Buffer out, int status, FieldBlock fields) {
        out.appendLatin1("HTTP/1.1 " + status + " " + Status.reason(status) + "\r\n");
        FieldLines.write(fields, out);
        out.append(CRLF);
    }

    /** That Upgrade, which every 426 has, is for this connection alone (RFC 9110 section 7.8). */
    void upgradeRequired(Buffer out) {
        out.appendLatin1("Connection: Upgrade\r\n");
    }

    /** Connection and Upgrade of a 101, the handler's fields and the empty line. */
    void upgrade(Buffer out, FieldBlock fields, String name) {
        out.appendLatin1("Connection: Upgrade\r\nUpgrade: ");
        out.appendLatin1(name);
        out.append(CRLF);
        FieldLines.write(fields, out);
        out.append(CRLF);
    }

    /** What stands before the data of a chunk. */
    void chunk(Buffer out, long size) {
        out.appendHex(size);
        out.append(CRLF);
    }

    /** What stands after the data of a chunk. */
    void chunkEnd(Buffer out) {
        out.append(CRLF);
    }

    /** The last chunk and the trailers, {@code null} for none. */
    void lastChunk(Buffer out, @Nullable FieldBlock trailers) {
        out.append(LAST_CHUNK);
        if (trailers != null) {
            FieldLines.write(trailers, out);
        }
        out.append(CRLF);
    }
}

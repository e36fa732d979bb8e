// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.http.FieldBlock;
import io.millrace.http.HttpDate;

/**
 * Writes the heads and trailers of answers as HEADERS frames (RFC 9113 section 8.3.2), straight to where they are sent
 * from; a block that is too large for one frame goes on in CONTINUATION. One for each loop.
 */
final class HeadWriter {
    private final Clock clock;
    private final HttpDate date = new HttpDate();
    private final byte[] server;
    private final int serverNameEnd;
    private byte[] today = {};
    private long turn;

    /** A writer that calls the server {@code server}, or leaves the field away for {@code null}. */
    HeadWriter(Clock clock, String server) {
        this.clock = clock;
        this.server = server == null ? null : Ascii.bytes("server" + server);
        this.serverNameEnd = "server".length();
    }

    /**
     * Writes the head of an answer. The clock is asked once for each {@code turn}.
     *
     * @param length the length of the body that the head says, -1 to say none
     */
    void head(
            Buffer out,
            HpackEncoder encoder,
            int stream,
            boolean last,
            int status,
            FieldBlock fields,
            long length,
            long atTurn,
            int mostPayload) {
        int start = out.readable();
        Frame.header(out, 0, Frame.HEADERS, last ? Frame.END_STREAM : 0, stream);
        encoder.begin(out);
        encoder.status(out, status);
        encoder.changing(out, StaticTable.DATE, today(atTurn));
        if (server != null && !(fields.size() > 0 && fields.has("Server"))) {
            encoder.field(out, server, serverNameEnd, server.length);
        }
        if (length >= 0) {
            encoder.decimal(out, StaticTable.CONTENT_LENGTH, length);
        }
        fields(out, encoder, fields);
        end(out, start, stream, mostPayload);
    }

    private byte[] today(long atTurn) {
        if (atTurn != turn || today.length == 0) {
            turn = atTurn;
            today = date.at(clock.millis());
        }
        return today;
    }

    /** Writes an interim answer, or the one that a tunnel begins with. */
    void interim(Buffer out, HpackEncoder encoder, int stream, int status, FieldBlock fields, int mostPayload) {
        int start = out.readable();
        Frame.header(out, 0, Frame.HEADERS, 0, stream);
        encoder.begin(out);
        encoder.status(out, status);
        if (fields != null) {
            fields(out, encoder, fields);
        }
        end(out, start, stream, mostPayload);
    }

    /** Writes trailers, and with them the end of the stream. */
    void trailers(Buffer out, HpackEncoder encoder, int stream, FieldBlock fields, int mostPayload) {
        int start = out.readable();
        Frame.header(out, 0, Frame.HEADERS, Frame.END_STREAM, stream);
        encoder.begin(out);
        fields(out, encoder, fields);
        end(out, start, stream, mostPayload);
    }

    private static void fields(Buffer out, HpackEncoder encoder, FieldBlock fields) {
        for (int i = 0, n = fields.size(); i < n; i++) {
            if (!isOfConnection(fields, i)) {
                encoder.field(
                        out,
                        fields.array(),
                        fields.nameStart(i),
                        fields.nameEnd(i),
                        fields.valueStart(i),
                        fields.valueEnd(i));
            }
        }
    }

    // RFC 9113 section 8.2.2: what a handler says about the connection of HTTP/1.1 has no place here.
    private static boolean isOfConnection(FieldBlock fields, int line) {
        return switch (fields.nameEnd(line) - fields.nameStart(line)) {
            case 7 -> fields.isNamed(line, "Upgrade");
            case 10 -> fields.isNamed(line, "Keep-Alive") || fields.isNamed(line, "Connection");
            case 16 -> fields.isNamed(line, "Proxy-Connection");
            case 17 -> fields.isNamed(line, "Transfer-Encoding");
            default -> false;
        };
    }

    // The length was not known when the frame was begun.
    private static void end(Buffer out, int start, int stream, int mostPayload) {
        int length = out.readable() - start - Frame.HEADER;
        byte[] array = out.array();
        int at = out.head() + start;
        if (length > mostPayload) {
            split(out, start, stream, mostPayload);
            return;
        }
        array[at] = (byte) (length >>> 16);
        array[at + 1] = (byte) (length >>> 8);
        array[at + 2] = (byte) length;
        array[at + 4] |= Frame.END_HEADERS;
    }

    private static void split(Buffer out, int start, int stream, int mostPayload) {
        int length = out.readable() - start - Frame.HEADER;
        byte[] block = new byte[length];
        out.copyOut(start + Frame.HEADER, block, 0, length);
        int flags = out.peek(start + 4);
        out.unwrite(length + Frame.HEADER);
        for (int from = 0; from < length; from += mostPayload) {
            int part = Math.min(mostPayload, length - from);
            int ends = from + part == length ? Frame.END_HEADERS : 0;
            Frame.header(
                    out, part, from == 0 ? Frame.HEADERS : Frame.CONTINUATION, (from == 0 ? flags : 0) | ends, stream);
            out.append(block, from, part);
        }
    }
}

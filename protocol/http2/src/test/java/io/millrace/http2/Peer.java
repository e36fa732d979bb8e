// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Limits;
import io.millrace.http.Request;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import java.io.ByteArrayOutputStream;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A client of a server in memory that writes frame by frame, wrong ones too, and reads what comes back as text:
 * {@code HEADERS 1 END_HEADERS :status=200}, {@code DATA 1 END_STREAM hello}, {@code RST_STREAM 1 CANCEL}.
 */
final class Peer {
    static final byte[] PREFACE = Ascii.bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    final List<String> log = new ArrayList<>();
    final Http2Stats stats = new Http2Stats();
    final FakeClock clock = new FakeClock();
    final Http2Factory factory;
    MemoryLink link;

    private final HpackEncoder encoder = new HpackEncoder();
    private HpackDecoder decoder = new HpackDecoder(4096, 1 << 20);
    private final List<String> fields = new ArrayList<>();
    private final FieldSink sink = new FieldSink() {
        @Override
        void field(int start, int nameEnd, int end) {
            String name = Ascii.string(bytes(), start, nameEnd - start);
            String value = Ascii.string(bytes(), nameEnd, end - nameEnd);
            if (!name.equals("date") && !name.equals("server")) {
                fields.add(name + "=" + value);
            }
        }
    };
    private ByteArrayOutputStream block = new ByteArrayOutputStream();
    private byte[] unread = {};
    private final ByteArrayOutputStream everything = new ByteArrayOutputStream();
    private boolean bytewise;

    Peer(Handler handler, Limits limits, Http2Limits http2) {
        ExchangeLog remember = new ExchangeLog() {
            @Override
            public void completed(Request request, int status, long bytes, long nanos) {
                log.add((request == null ? "-" : request.method() + " " + request.target()) + " " + status + " "
                        + bytes);
            }

            @Override
            public void brokenOff(Request request, int status, long bytes, long nanos) {
                log.add(request.target() + " broken off " + status + " " + bytes);
            }

            @Override
            public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
                log.add("unreadable " + status);
            }
        };
        HttpContext context =
                HttpContext.of(handler).withLimits(limits).withLog(remember).withClock(clock);
        factory = new Http2Factory(context, http2, stats);
        link = new MemoryLink(factory.create(), clock);
    }

    /** A client of a server that is what {@code context} says. */
    Peer(HttpContext context) {
        factory = new Http2Factory(context, Http2Limits.DEFAULT, stats);
        link = new MemoryLink(factory.create(), clock);
    }

    private Peer(Peer first) {
        factory = first.factory;
        link = new MemoryLink(factory.create(), first.clock);
    }

    /** Another client of the same server: the two share what the loop lends. */
    Peer another() {
        return new Peer(this);
    }

    static Peer of(Handler handler) {
        return new Peer(handler, Limits.DEFAULT, Http2Limits.DEFAULT);
    }

    static Peer of(Handler handler, Limits limits) {
        return new Peer(handler, limits, Http2Limits.DEFAULT);
    }

    static Peer of(Handler handler, Http2Limits limits) {
        return new Peer(handler, Limits.DEFAULT, limits);
    }

    /** A server that says what it was asked. */
    static Peer echo() {
        return of((request, response) -> response.send(request.method() + " " + request.target()));
    }

    /** Says whether every byte is fed by itself from now on. */
    void bytewise(boolean on) {
        bytewise = on;
    }

    /** Feeds every byte by itself from now on. */
    Peer bytewise() {
        bytewise = true;
        return this;
    }

    // ---- frames

    /** Preface and SETTINGS; forgets what the server says to begin with. */
    Peer open(int... settings) {
        feed(PREFACE).settings(settings);
        frames();
        return this;
    }

    Peer feed(byte[] bytes) {
        if (bytewise) {
            for (byte one : bytes) {
                link.feed(new byte[] {one});
            }
        } else {
            link.feed(bytes);
        }
        return this;
    }

    Peer frame(int type, int flags, int stream, byte[] payload) {
        return feed(frameBytes(type, flags, stream, payload));
    }

    static byte[] frameBytes(int type, int flags, int stream, byte[] payload) {
        Buffer out = new Buffer();
        Frame.header(out, payload.length, type, flags, stream);
        out.append(payload);
        return out.toBytes();
    }

    Peer frame(int type, int flags, int stream, String payload) {
        return frame(type, flags, stream, Ascii.bytes(payload));
    }

    Peer settings(int... namesAndValues) {
        Buffer out = new Buffer();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Frame.setting(out, namesAndValues[i], namesAndValues[i + 1]);
        }
        return frame(Frame.SETTINGS, 0, 0, out.toBytes());
    }

    static byte[] number(int... values) {
        Buffer out = new Buffer();
        for (int value : values) {
            out.appendInt(value);
        }
        return out.toBytes();
    }

    Peer reset(int stream, int code) {
        return frame(Frame.RST_STREAM, 0, stream, number(code));
    }

    Peer windowUpdate(int stream, int increment) {
        return frame(Frame.WINDOW_UPDATE, 0, stream, number(increment));
    }

    Peer ping(String eight) {
        return frame(Frame.PING, 0, 0, eight);
    }

    Peer data(int stream, boolean last, String text) {
        return frame(Frame.DATA, last ? Frame.END_STREAM : 0, stream, text);
    }

    /** A header block, fields as {@code name: value}. */
    byte[] block(String... lines) {
        Buffer out = new Buffer();
        encoder.begin(out);
        for (String line : lines) {
            int colon = line.indexOf(": ", 1);
            String name = line.substring(0, colon);
            String value = line.substring(colon + 2);
            // Without index and as it is, upper case too.
            out.append((byte) 0);
            string(out, name);
            string(out, value);
        }
        return out.toBytes();
    }

    private static void string(Buffer out, String text) {
        int length = text.length();
        if (length < 127) {
            out.append((byte) length);
        } else {
            out.append((byte) 127);
            int rest = length - 127;
            while (rest >= 128) {
                out.append((byte) ((rest & 127) | 128));
                rest >>>= 7;
            }
            out.append((byte) rest);
        }
        out.appendLatin1(text);
    }

    Peer headers(int stream, boolean last, String... lines) {
        return frame(Frame.HEADERS, Frame.END_HEADERS | (last ? Frame.END_STREAM : 0), stream, block(lines));
    }

    /** The usual four and what is added. */
    static String[] request(String method, String path, String... more) {
        String[] lines = {":method: " + method, ":scheme: http", ":path: " + path, ":authority: h:1"};
        String[] all = Arrays.copyOf(lines, 4 + more.length);
        System.arraycopy(more, 0, all, 4, more.length);
        return all;
    }

    Peer get(int stream, String path, String... more) {
        return headers(stream, true, request("GET", path, more));
    }

    Peer post(int stream, String path, String... more) {
        return headers(stream, false, request("POST", path, more));
    }

    // ---- what comes back

    /** The frames since the last time this was asked, without acknowledgements of SETTINGS. */
    List<String> frames() {
        byte[] now = link.take().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        everything.writeBytes(now);
        int kept = unread.length;
        unread = Arrays.copyOf(unread, kept + now.length);
        System.arraycopy(now, 0, unread, kept, now.length);
        List<String> frames = new ArrayList<>();
        int at = 0;
        while (unread.length - at >= Frame.HEADER) {
            int length = Frame.number(unread, at) >>> 8;
            if (unread.length - at < Frame.HEADER + length) {
                break;
            }
            int payload = at + Frame.HEADER;
            String text =
                    text(unread[at + 3] & 0xff, unread[at + 4] & 0xff, Frame.number(unread, at + 5), payload, length);
            if (text != null && !text.equals("SETTINGS ACK")) {
                frames.add(text);
            }
            at = payload + length;
        }
        unread = Arrays.copyOfRange(unread, at, unread.length);
        return frames;
    }

    private String text(int type, int flags, int stream, int at, int length) {
        String last = (flags & Frame.END_STREAM) != 0 ? " END_STREAM" : "";
        return switch (type) {
            case Frame.DATA -> "DATA " + stream + last + " " + Ascii.string(unread, at, length);
            case Frame.HEADERS, Frame.CONTINUATION -> head(type, flags, stream, last, at, length);
            case Frame.RST_STREAM -> "RST_STREAM " + stream + " " + ErrorCode.name(Frame.number(unread, at));
            case Frame.SETTINGS -> (flags & Frame.ACK) != 0 ? "SETTINGS ACK" : "SETTINGS " + length / 6;
            case Frame.PING -> "PING" + ((flags & Frame.ACK) != 0 ? " ACK " : " ") + Ascii.string(unread, at, 8);
            case Frame.GOAWAY ->
                "GOAWAY " + Frame.number(unread, at) + " " + ErrorCode.name(Frame.number(unread, at + 4));
            case Frame.WINDOW_UPDATE -> "WINDOW_UPDATE " + stream + " " + Frame.number(unread, at);
            default -> Frame.name(type) + " " + stream;
        };
    }

    private String pending = "";

    private String head(int type, int flags, int stream, String last, int at, int length) {
        block.write(unread, at, length);
        if (type == Frame.HEADERS) {
            pending = "HEADERS " + stream + last;
        }
        if ((flags & Frame.END_HEADERS) == 0) {
            return null;
        }
        byte[] whole = block.toByteArray();
        block.reset();
        fields.clear();
        decoder.begin();
        int result = decoder.decode(whole, 0, whole.length, sink);
        sink.keep(0);
        if (result != whole.length) {
            throw new AssertionError("a block that cannot be decoded");
        }
        return pending + " " + String.join(" ", fields);
    }

    /** Lets the loop run until a condition holds. */
    Peer runUntil(BooleanSupplier condition) {
        link.runUntil(condition);
        return this;
    }

    /** Runs until frames have come among which one begins so; returns all since the last time. */
    List<String> until(String beginning) {
        List<String> all = new ArrayList<>();
        link.runUntil(() -> {
            all.addAll(frames());
            return all.stream().anyMatch(text -> text.startsWith(beginning));
        });
        return all;
    }

    /** Whether the connection has been ended by the server. */
    boolean isClosing() {
        return link.closing() != null;
    }

    long deadline() {
        return link.deadline() == Link.NEVER ? Link.NEVER : link.deadline() - clock.nanos();
    }
}

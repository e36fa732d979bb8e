// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import java.util.List;
import java.util.Locale;

/**
 * The frames of the request that a plan asks for (RFC 9113): made once, but for the number of the stream. The header
 * block uses the static table alone, so that it is the same for every stream.
 */
final class Http2Request {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    /** The window that each side begins with, and the largest there is. */
    static final int USUAL_WINDOW = 65_535;

    static final int WIDEST = Integer.MAX_VALUE;

    /** The longest body: one frame has room for it, and the window that a stream begins with. */
    static final int LONGEST_BODY = 16_384;

    private static final int HEADER_TABLE_SIZE = 1;
    private static final int ENABLE_PUSH = 2;
    private static final int INITIAL_WINDOW_SIZE = 4;

    // Fields that belong to a connection of HTTP/1.1 (RFC 9113 section 8.2.2), and Host, which is :authority here.
    private static final List<String> LEFT_OUT =
            List.of("host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private final byte[] block;
    private final byte[] body;

    private Http2Request(byte[] block, byte[] body) {
        this.block = block;
        this.body = body;
    }

    static Http2Request of(LoadPlan plan) {
        LoadPlan.Message message = plan.message();
        FieldBlock own = message.fieldLines();
        Buffer out = new Buffer(256);
        // Indexes of the static table (RFC 7541 appendix A): 1 :authority, 2 :method GET, 4 :path /, 6 :scheme http, 7
        // https.
        if (message.method().equals("GET")) {
            out.append((byte) 0x82);
        } else {
            out.append((byte) 2);
            string(out, message.method());
        }
        out.append((byte) (plan.target().kind().isSecure() ? 0x87 : 0x86));
        out.append((byte) 4);
        string(out, plan.target().path());
        out.append((byte) 1);
        string(out, authority(own, plan.target()));
        for (int i = 0; i < own.size(); i++) {
            String name = own.name(i).toLowerCase(Locale.ROOT);
            if (!LEFT_OUT.contains(name)) {
                field(out, name, own.value(i));
            }
        }
        if (message.body().length > 0 && !own.has("Content-Length")) {
            field(out, "content-length", Integer.toString(message.body().length));
        }
        return new Http2Request(out.toBytes(), message.body());
    }

    private static String authority(FieldBlock own, LoadTarget target) {
        for (int i = 0; i < own.size(); i++) {
            if (own.isNamed(i, "Host")) {
                return own.value(i);
            }
        }
        return target.authority();
    }

    private static void field(Buffer out, String name, String value) {
        out.append((byte) 0);
        string(out, name);
        string(out, value);
    }

    private static void string(Buffer out, String text) {
        int length = text.length();
        if (length < 127) {
            out.append((byte) length);
        } else {
            out.append((byte) 127);
            int rest = length - 127;
            for (; rest >= 128; rest >>>= 7) {
                out.append((byte) ((rest & 127) | 128));
            }
            out.append((byte) rest);
        }
        out.appendLatin1(text);
    }

    static void header(Buffer out, int length, int type, int flags, int stream) {
        out.appendInt(length << 8 | type);
        out.append((byte) flags);
        out.appendInt(stream);
    }

    static void windowUpdate(Buffer out, int stream, int more) {
        header(out, 4, WINDOW_UPDATE, 0, stream);
        out.appendInt(more);
    }

    /**
     * Writes what a connection begins with: no table, so that a status is readable without one, no push, and windows
     * that are never in the way.
     */
    static void preface(Buffer out) {
        out.appendLatin1("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        header(out, 18, SETTINGS, 0, 0);
        setting(out, HEADER_TABLE_SIZE, 0);
        setting(out, ENABLE_PUSH, 0);
        setting(out, INITIAL_WINDOW_SIZE, WIDEST);
        windowUpdate(out, 0, WIDEST - USUAL_WINDOW);
    }

    private static void setting(Buffer out, int name, int value) {
        out.append((byte) 0);
        out.append((byte) name);
        out.appendInt(value);
    }

    /** Writes the head of the request; returns the number of bytes. */
    int writeHead(Buffer out, int stream) {
        header(out, block.length, HEADERS, END_HEADERS | (body.length == 0 ? END_STREAM : 0), stream);
        out.append(block);
        return 9 + block.length;
    }

    int bodyLength() {
        return body.length;
    }

    void writeBody(Buffer out, int stream) {
        header(out, body.length, DATA, END_STREAM, stream);
        out.append(body);
    }

    /** Returns a connection with one request as bytes. */
    byte[] alone() {
        Buffer out = new Buffer(512);
        preface(out);
        writeHead(out, 1);
        if (body.length > 0) {
            writeBody(out, 1);
        }
        return out.toBytes();
    }
}

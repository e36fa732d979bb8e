// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;

/** Types, flags and settings of frames (RFC 9113 sections 4, 6 and 6.5.2), and how small ones are written. */
final class Frame {
    /** Length of what stands before every payload: length, type, flags, stream. */
    static final int HEADER = 9;

    /** The largest payload that this side takes, and the least that every peer takes. */
    static final int MOST_PAYLOAD = 16_384;

    static final int DATA = 0x0;
    static final int HEADERS = 0x1;
    static final int PRIORITY = 0x2;
    static final int RST_STREAM = 0x3;
    static final int SETTINGS = 0x4;
    static final int PUSH_PROMISE = 0x5;
    static final int PING = 0x6;
    static final int GOAWAY = 0x7;
    static final int WINDOW_UPDATE = 0x8;
    static final int CONTINUATION = 0x9;
    static final int PRIORITY_UPDATE = 0x10;

    static final int END_STREAM = 0x1;
    static final int ACK = 0x1;
    static final int END_HEADERS = 0x4;
    static final int PADDED = 0x8;
    static final int WITH_PRIORITY = 0x20;

    static final int HEADER_TABLE_SIZE = 0x1;
    static final int ENABLE_PUSH = 0x2;
    static final int MAX_CONCURRENT_STREAMS = 0x3;
    static final int INITIAL_WINDOW_SIZE = 0x4;
    static final int MAX_FRAME_SIZE = 0x5;
    static final int MAX_HEADER_LIST_SIZE = 0x6;
    static final int ENABLE_CONNECT_PROTOCOL = 0x8;
    static final int NO_RFC7540_PRIORITIES = 0x9;

    private Frame() {}

    /** Returns the flags of a frame by their names, each behind a blank. */
    static String flags(int type, int flags) {
        StringBuilder names = new StringBuilder();
        boolean onStream = type == DATA || type == HEADERS;
        name(names, flags, onStream ? END_STREAM : 0, "END_STREAM");
        name(names, flags, type == SETTINGS || type == PING ? ACK : 0, "ACK");
        name(names, flags, type == HEADERS || type == CONTINUATION ? END_HEADERS : 0, "END_HEADERS");
        name(names, flags, onStream ? PADDED : 0, "PADDED");
        name(names, flags, type == HEADERS ? WITH_PRIORITY : 0, "PRIORITY");
        return names.toString();
    }

    private static void name(StringBuilder names, int flags, int flag, String name) {
        if ((flags & flag) != 0) {
            names.append(' ').append(name);
        }
    }

    /** Returns the name of a type, or its number where it has none. */
    static String name(int type) {
        return switch (type) {
            case DATA -> "DATA";
            case HEADERS -> "HEADERS";
            case PRIORITY -> "PRIORITY";
            case RST_STREAM -> "RST_STREAM";
            case SETTINGS -> "SETTINGS";
            case PUSH_PROMISE -> "PUSH_PROMISE";
            case PING -> "PING";
            case GOAWAY -> "GOAWAY";
            case WINDOW_UPDATE -> "WINDOW_UPDATE";
            case CONTINUATION -> "CONTINUATION";
            case PRIORITY_UPDATE -> "PRIORITY_UPDATE";
            default -> "0x" + Integer.toHexString(type);
        };
    }

    /** Writes what stands before a payload. */
    static void header(Buffer out, int length, int type, int flags, int stream) {
        out.reserve(HEADER);
        out.appendInt(length << 8 | type);
        out.append((byte) flags);
        out.appendInt(stream);
    }

    /** Writes RST_STREAM. */
    static void reset(Buffer out, int stream, int code) {
        header(out, 4, RST_STREAM, 0, stream);
        out.appendInt(code);
    }

    /** Writes WINDOW_UPDATE; stream 0 is the connection. */
    static void windowUpdate(Buffer out, int stream, int increment) {
        header(out, 4, WINDOW_UPDATE, 0, stream);
        out.appendInt(increment);
    }

    /** Writes PING. */
    static void ping(Buffer out, int flags, long data) {
        header(out, 8, PING, flags, 0);
        out.appendLong(data);
    }

    /** Writes GOAWAY with a text for people. */
    static void goAway(Buffer out, int lastStream, int code, String text) {
        header(out, 8 + text.length(), GOAWAY, 0, 0);
        out.appendInt(lastStream);
        out.appendInt(code);
        out.appendLatin1(text);
    }

    /** Writes one entry of SETTINGS. */
    static void setting(Buffer out, int name, int value) {
        out.append((byte) (name >>> 8));
        out.append((byte) name);
        out.appendInt(value);
    }

    /** Returns the four bytes at {@code at} as a number, the highest first. */
    static int number(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 24
                | (bytes[at + 1] & 0xff) << 16
                | (bytes[at + 2] & 0xff) << 8
                | (bytes[at + 3] & 0xff);
    }

    /** Returns the two bytes at {@code at} as a number. */
    static int shortNumber(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }

    /** Returns the eight bytes at {@code at} as a number. */
    static long longNumber(byte[] bytes, int at) {
        return (long) number(bytes, at) << 32 | (number(bytes, at + 4) & 0xffff_ffffL);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import java.util.Arrays;

/**
 * Encodes header blocks (RFC 7541) for one direction of one connection. Fields that an answer shares with the next go
 * into the table; what changes with each answer is written out, and secrets are written out in a way that keeps them
 * out of every table on their way (section 7.1.3). Allocates nothing but what the table needs.
 */
final class HpackEncoder {
    /** The size of the table that is used where the peer lets it be larger, in bytes. */
    static final int MOST_TABLE = 4096;

    /** A field that is not worth a place in the table, whatever its name. */
    private static final int MOST_ADDED = 256;

    private static final byte[] NOTHING = {};

    private static final int INDEXED = 0x80;
    private static final int ADDED = 0x40;
    private static final int RESIZE = 0x20;
    private static final int NEVER = 0x10;
    private static final int PLAIN = 0x00;

    private static final int ACCEPT_RANGES = 18;
    private static final int ALLOW_ORIGIN = 20;
    private static final int AUTHORIZATION = 23;
    private static final int CACHE_CONTROL = 24;
    private static final int CONTENT_ENCODING = 26;
    private static final int CONTENT_TYPE = 31;
    private static final int COOKIE = 32;
    private static final int PROXY_AUTHORIZATION = 49;
    private static final int SET_COOKIE = 55;
    private static final int TRANSPORT_SECURITY = 56;
    private static final int VARY = 59;

    // Names that the static table lacks, and whose values answers repeat.
    private static final byte[][] REPEATED = {
        Ascii.bytes("x-content-type-options"),
        Ascii.bytes("x-frame-options"),
        Ascii.bytes("content-security-policy"),
        Ascii.bytes("cross-origin-opener-policy"),
        Ascii.bytes("cross-origin-embedder-policy"),
        Ascii.bytes("cross-origin-resource-policy"),
        Ascii.bytes("referrer-policy"),
        Ascii.bytes("permissions-policy"),
        Ascii.bytes("alt-svc")
    };
    private static final byte[] ACCESS_CONTROL = Ascii.bytes("access-control-");

    private final DynamicTable table = new DynamicTable(MOST_TABLE);
    private int smallest = -1;
    private byte[] scratch = NOTHING;

    /** Returns the table. */
    DynamicTable table() {
        return table;
    }

    /** Uses no larger table than the peer lets it: the next block says so first (section 4.2). */
    void resize(int most) {
        int wanted = Math.min(most, MOST_TABLE);
        if (wanted != table.most()) {
            table.resize(wanted);
            smallest = smallest < 0 ? wanted : Math.min(smallest, wanted);
        }
    }

    // The table is given up: the next block says that it is empty, by a size of 0 on the way to what it was.
    void save(IdleConnection idle) {
        idle.encoderTable = table.most();
        idle.encoderSmallest = table.count() > 0 ? 0 : smallest;
    }

    void restore(IdleConnection idle) {
        table.resize(idle.encoderTable);
        smallest = idle.encoderSmallest;
    }

    /** Begins a block. */
    void begin(Buffer out) {
        if (smallest >= 0) {
            if (smallest < table.most()) {
                number(out, RESIZE, 5, smallest);
            }
            number(out, RESIZE, 5, table.most());
            smallest = -1;
        }
    }

    /** Writes {@code :status}. */
    void status(Buffer out, int status) {
        int index = switch (status) {
            case 200 -> 8;
            case 204 -> 9;
            case 206 -> 10;
            case 304 -> 11;
            case 400 -> 12;
            case 404 -> 13;
            case 500 -> 14;
            default -> 0;
        };
        if (index != 0) {
            out.append((byte) (INDEXED | index));
        } else {
            decimal(out, StaticTable.STATUS, status);
        }
    }

    /** Writes a field with a name of the static table and a number. */
    void decimal(Buffer out, int name, long value) {
        number(out, PLAIN, 4, name);
        int before = out.readable();
        out.append((byte) 0);
        out.appendDecimal(value);
        out.array()[out.head() + before] = (byte) (out.readable() - before - 1);
    }

    /** Writes a field with a name of the static table and a value that changes often. */
    void changing(Buffer out, int name, byte[] value) {
        number(out, PLAIN, 4, name);
        number(out, 0, 7, value.length);
        out.append(value);
    }

    /** Writes a field; its name need not be in lower case. */
    void field(Buffer out, byte[] bytes, int nameStart, int nameEnd, int valueStart, int valueEnd) {
        int nameLength = nameEnd - nameStart;
        int length = nameLength + valueEnd - valueStart;
        if (scratch.length < length) {
            scratch = new byte[Math.max(length, Math.max(64, 2 * scratch.length))];
        }
        for (int i = 0; i < nameLength; i++) {
            scratch[i] = Ascii.toLower(bytes[nameStart + i]);
        }
        System.arraycopy(bytes, valueStart, scratch, nameLength, valueEnd - valueStart);
        field(out, scratch, nameLength, length);
        if (scratch.length > 4 * MOST_TABLE) {
            scratch = NOTHING;
        }
    }

    /** Writes a field that lies at the beginning of an array, its name in lower case. */
    void field(Buffer out, byte[] bytes, int nameEnd, int end) {
        int name = StaticTable.find(bytes, 0, nameEnd);
        if (!isRepeated(name, bytes, nameEnd) || end > MOST_ADDED || end + DynamicTable.OVERHEAD > table.most() / 2) {
            literal(out, isSecret(name) ? NEVER : PLAIN, 4, name, bytes, nameEnd, end);
            return;
        }
        int known = table.find(bytes, 0, nameEnd, end);
        if (known >= 0) {
            number(out, INDEXED, 7, StaticTable.SIZE + 1 + known);
        } else {
            literal(out, ADDED, 6, name, bytes, nameEnd, end);
            table.add(bytes, 0, nameEnd, end);
        }
    }

    private static boolean isSecret(int name) {
        return switch (name) {
            case AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE -> true;
            default -> false;
        };
    }

    private static boolean isRepeated(int name, byte[] bytes, int nameEnd) {
        return switch (name) {
            case ACCEPT_RANGES,
                    ALLOW_ORIGIN,
                    CACHE_CONTROL,
                    CONTENT_ENCODING,
                    CONTENT_TYPE,
                    StaticTable.SERVER,
                    TRANSPORT_SECURITY,
                    VARY -> true;
            case 0 -> isRepeated(bytes, nameEnd);
            default -> false;
        };
    }

    private static boolean isRepeated(byte[] bytes, int nameEnd) {
        int prefix = ACCESS_CONTROL.length;
        if (nameEnd > prefix && Arrays.equals(bytes, 0, prefix, ACCESS_CONTROL, 0, prefix)) {
            return true;
        }
        for (byte[] name : REPEATED) {
            if (name.length == nameEnd && Arrays.equals(bytes, 0, nameEnd, name, 0, nameEnd)) {
                return true;
            }
        }
        return false;
    }

    private void literal(Buffer out, int kind, int prefix, int name, byte[] bytes, int nameEnd, int end) {
        number(out, kind, prefix, name);
        if (name == 0) {
            string(out, bytes, 0, nameEnd, kind == ADDED);
        }
        string(out, bytes, nameEnd, end, kind == ADDED);
    }

    // What is written once for many answers is worth being coded.
    private static void string(Buffer out, byte[] bytes, int start, int end, boolean code) {
        int length = code ? Huffman.encodedLength(bytes, start, end) : end - start;
        if (!code || length >= end - start) {
            number(out, 0, 7, end - start);
            out.append(bytes, start, end - start);
            return;
        }
        number(out, 0x80, 7, length);
        out.reserve(length);
        Huffman.encode(bytes, start, end, out.array(), out.tail());
        out.wrote(length);
    }

    // A number whose first byte has that many bits of it, behind the bits of kind (section 5.1).
    private static void number(Buffer out, int kind, int prefix, int value) {
        int mask = (1 << prefix) - 1;
        if (value < mask) {
            out.append((byte) (kind | value));
            return;
        }
        out.append((byte) (kind | mask));
        int rest = value - mask;
        while (rest >= 0x80) {
            out.append((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.append((byte) rest);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * Decodes header blocks (RFC 7541), strictly: a block that two decoders could understand differently, or that leaves
 * them with different tables, is an error. Keeps the table of one direction of one connection. A block may come in
 * pieces; each is decoded as far as whole fields go.
 */
final class HpackDecoder {
    /** The block is broken, and with it the table: COMPRESSION_ERROR. */
    static final int BROKEN = -1;

    /** The block, or a string in it, is longer than can be meant. */
    static final int TOO_LONG = -2;

    private static final int NEED_MORE = -3;

    // Numbers in a block are lengths and indices: none that is meant needs more (RFC 7541 section 5.1).
    private static final int MOST_SHIFT = 21;

    private final DynamicTable table;
    private final int mostTable;
    private final int mostString;

    // The reader's place.
    private byte[] in;
    private int at;
    private int end;

    // The first fields of a block may be preceded by updates of the table's size; nothing else may.
    private boolean begun;

    /**
     * Makes a decoder.
     *
     * @param mostTable the size of the table that this side lets the peer use, in bytes
     * @param mostString the number of bytes of a coded string beyond which it is not decoded
     */
    HpackDecoder(int mostTable, int mostString) {
        this.table = new DynamicTable(mostTable);
        this.mostTable = mostTable;
        this.mostString = mostString;
    }

    /** Returns the table. */
    DynamicTable table() {
        return table;
    }

    void save(IdleConnection idle) {
        idle.mostTable = table.most();
        idle.table = table.toBytes();
    }

    void restore(IdleConnection idle) {
        table.resize(idle.mostTable);
        table.addAll(idle.table);
    }

    /** Begins a block. */
    void begin() {
        begun = false;
    }

    /**
     * Decodes as many whole fields as there are.
     *
     * @return the index after the last whole field, or {@link #BROKEN} or {@link #TOO_LONG}
     */
    int decode(byte[] bytes, int from, int to, FieldSink sink) {
        in = bytes;
        at = from;
        end = to;
        int whole = from;
        while (whole < to) {
            int result = field(sink);
            if (result == NEED_MORE) {
                break;
            }
            if (result < 0 || sink.isFull()) {
                in = null;
                return result < 0 ? result : TOO_LONG;
            }
            whole = at;
        }
        in = null;
        return whole;
    }

    private int field(FieldSink sink) {
        int first = in[at];
        if (first < 0) {
            return indexed(sink);
        }
        if ((first & 0x40) != 0) {
            return literal(6, true, sink);
        }
        if ((first & 0x20) != 0) {
            return resize();
        }
        return literal(4, false, sink);
    }

    // RFC 7541 section 6.3: at the beginning of a block, and within what this side has said.
    private int resize() {
        int size = number(5);
        if (size < 0) {
            return size;
        }
        if (begun || size > mostTable) {
            return BROKEN;
        }
        table.resize(size);
        return 0;
    }

    private int indexed(FieldSink sink) {
        int index = number(7);
        if (index <= 0) {
            return index == 0 ? BROKEN : index;
        }
        int start = sink.used();
        int nameEnd = name(index, sink, start);
        if (nameEnd < 0) {
            return nameEnd;
        }
        int valueEnd = value(index, sink, nameEnd);
        begun = true;
        sink.field(start, nameEnd, valueEnd);
        return 0;
    }

    private int literal(int prefix, boolean add, FieldSink sink) {
        int index = number(prefix);
        if (index < 0) {
            return index;
        }
        int start = sink.used();
        int nameEnd = index == 0 ? string(sink, start) : name(index, sink, start);
        if (nameEnd < 0) {
            return nameEnd;
        }
        int valueEnd = string(sink, nameEnd);
        if (valueEnd < 0) {
            return valueEnd;
        }
        if (add) {
            table.add(sink.bytes(), start, nameEnd, valueEnd);
        }
        begun = true;
        sink.field(start, nameEnd, valueEnd);
        return 0;
    }

    // Copies the name of an entry to where it is wanted; returns its end there.
    private int name(int index, FieldSink sink, int to) {
        if (index <= StaticTable.SIZE) {
            byte[] name = StaticTable.name(index);
            return copy(name, 0, name.length, sink, to);
        }
        int entry = index - StaticTable.SIZE - 1;
        return entry < table.count()
                ? copy(table.bytes(), table.nameStart(entry), table.nameEnd(entry), sink, to)
                : BROKEN;
    }

    private int value(int index, FieldSink sink, int to) {
        if (index <= StaticTable.SIZE) {
            byte[] value = StaticTable.value(index);
            return copy(value, 0, value.length, sink, to);
        }
        int entry = index - StaticTable.SIZE - 1;
        return copy(table.bytes(), table.nameEnd(entry), table.valueEnd(entry), sink, to);
    }

    private static int copy(byte[] from, int start, int stop, FieldSink sink, int to) {
        sink.reserve(to, stop - start);
        System.arraycopy(from, start, sink.bytes(), to, stop - start);
        return to + stop - start;
    }

    // A number whose first byte has that many bits of it (RFC 7541 section 5.1).
    private int number(int prefix) {
        if (at == end) {
            return NEED_MORE;
        }
        int mask = (1 << prefix) - 1;
        int value = in[at++] & mask;
        if (value < mask) {
            return value;
        }
        for (int shift = 0; at < end; shift += 7) {
            int next = in[at++];
            if (shift > MOST_SHIFT) {
                return BROKEN;
            }
            value += (next & 0x7f) << shift;
            if (next >= 0) {
                return value;
            }
        }
        return NEED_MORE;
    }

    // Writes a string to where it is wanted; returns its end there.
    private int string(FieldSink sink, int to) {
        if (at == end) {
            return NEED_MORE;
        }
        boolean coded = in[at] < 0;
        int length = number(7);
        if (length < 0) {
            return length;
        }
        if (length > mostString) {
            return TOO_LONG;
        }
        if (length > end - at) {
            return NEED_MORE;
        }
        int from = at;
        at += length;
        if (!coded) {
            return copy(in, from, at, sink, to);
        }
        sink.reserve(to, Huffman.mostDecoded(length));
        return Huffman.decode(in, from, at, sink.bytes(), to); // INVALID is BROKEN
    }
}

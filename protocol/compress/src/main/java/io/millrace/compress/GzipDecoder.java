// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Decompresses gzip (RFC 1952), one or more members, piece by piece: {@link #input} gives it bytes, {@link #read} takes
 * what they amount to. For one thread at a time.
 */
final class GzipDecoder implements AutoCloseable {
    private static final int HEAD = 10;
    private static final int TRAILER = 8;
    private static final int HAS_CHECKSUM = 2;
    private static final int HAS_EXTRA = 4;
    private static final int HAS_NAME = 8;
    private static final int HAS_COMMENT = 16;

    /** Where in a member the next byte stands. */
    private enum Part {
        HEAD,
        EXTRA_LENGTH,
        EXTRA,
        NAME,
        COMMENT,
        CHECKSUM,
        DATA,
        TRAILER
    }

    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private Part part = Part.HEAD;
    private int at;
    private int flags;
    private int extra;
    private long trailer;
    private long size;
    private boolean any;

    private byte[] bytes = {};
    private int from;
    private int to;

    /** Gives more bytes, which stay the caller's until {@link #needsInput}. */
    void input(byte[] input, int offset, int length) {
        bytes = input;
        from = offset;
        to = offset + length;
    }

    /** Returns whether all bytes that were given have been used. */
    boolean needsInput() {
        return from == to;
    }

    /** Returns whether the bytes so far are whole members, at least one. */
    boolean isComplete() {
        return any && part == Part.HEAD && at == 0;
    }

    /**
     * Decompresses into an array. Returns the number of bytes, 0 if more input is needed first.
     *
     * @throws ZipException if the input is no gzip
     */
    int read(byte[] into) throws ZipException {
        while (from < to) {
            if (part == Part.DATA) {
                int count = inflate(into);
                if (count > 0) {
                    return count;
                }
            } else {
                step(bytes[from++] & 0xff);
            }
        }
        // The inflater may still hold what it has no more input for.
        return part == Part.DATA ? inflate(into) : 0;
    }

    private int inflate(byte[] into) throws ZipException {
        try {
            inflater.setInput(bytes, from, to - from);
            int count = inflater.inflate(into);
            from = to - inflater.getRemaining();
            if (inflater.needsDictionary()) {
                throw new ZipException("a dictionary is asked for");
            }
            checksum.update(into, 0, count);
            size += count;
            if (inflater.finished()) {
                enter(Part.TRAILER);
            }
            return count;
        } catch (DataFormatException e) {
            throw wrong(e.getMessage());
        }
    }

    private void step(int value) throws ZipException {
        switch (part) {
            case HEAD -> head(value);
            case EXTRA_LENGTH -> {
                extra |= value << (8 * at);
                if (++at == 2) {
                    after(extra == 0 ? Part.EXTRA : Part.EXTRA_LENGTH);
                }
            }
            case EXTRA -> {
                if (++at == extra) {
                    after(Part.EXTRA);
                }
            }
            case NAME, COMMENT -> {
                if (value == 0) {
                    after(part);
                }
            }
            case CHECKSUM -> {
                if (++at == 2) {
                    after(Part.CHECKSUM);
                }
            }
            case TRAILER -> trailer(value);
            case DATA -> throw new AssertionError("data is not read byte by byte");
        }
    }

    private void head(int value) throws ZipException {
        boolean fits = switch (at) {
            case 0 -> value == 0x1f;
            case 1 -> value == 0x8b;
            case 2 -> value == 8;
            case 3 -> value < 0x20;
            default -> true;
        };
        if (!fits) {
            throw wrong("not a gzip header");
        }
        if (at == 3) {
            flags = value;
        }
        if (++at == HEAD) {
            after(Part.HEAD);
        }
    }

    /** Goes on to what stands behind a part of the head, which the flags say. */
    private void after(Part done) {
        if (done == Part.HEAD && (flags & HAS_EXTRA) != 0) {
            extra = 0;
            enter(Part.EXTRA_LENGTH);
        } else if (done == Part.EXTRA_LENGTH) {
            enter(Part.EXTRA);
        } else if (done.compareTo(Part.NAME) < 0 && (flags & HAS_NAME) != 0) {
            enter(Part.NAME);
        } else if (done.compareTo(Part.COMMENT) < 0 && (flags & HAS_COMMENT) != 0) {
            enter(Part.COMMENT);
        } else if (done.compareTo(Part.CHECKSUM) < 0 && (flags & HAS_CHECKSUM) != 0) {
            enter(Part.CHECKSUM);
        } else {
            enter(Part.DATA);
            inflater.reset();
            checksum.reset();
            size = 0;
        }
    }

    private void enter(Part next) {
        part = next;
        at = 0;
        trailer = 0;
    }

    private void trailer(int value) throws ZipException {
        trailer |= (long) value << (8 * at);
        if (++at == TRAILER) {
            if ((int) trailer != (int) checksum.getValue() || (int) (trailer >>> 32) != (int) size) {
                throw wrong("checksum or size differ");
            }
            any = true;
            enter(Part.HEAD);
        }
    }

    private static ZipException wrong(@Nullable String what) {
        return new ZipException("the body cannot be decompressed: " + what);
    }

    /** Gives the native memory back. */
    @Override
    public void close() {
        inflater.end();
    }
}

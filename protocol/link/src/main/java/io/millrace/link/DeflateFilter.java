// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Compresses what goes out and decompresses what comes in: the zlib format, one stream in each direction. */
public final class DeflateFilter implements LinkFilter {
    /** What one call puts out at most. */
    private static final int PIECE = 16 * 1024;

    /** What one call takes in at most: what compresses well takes long before it puts anything out. */
    private static final int INPUT = 32 * 1024;

    private final Deflater deflater;
    private final Inflater inflater = new Inflater();

    /** A filter with the usual balance between size and work. */
    public DeflateFilter() {
        this(Deflater.DEFAULT_COMPRESSION);
    }

    /** A filter with a level of {@link Deflater}. */
    public DeflateFilter(int level) {
        this.deflater = new Deflater(level);
    }

    @Override
    public Outcome input(Buffer from, Buffer to, Flush mode) {
        if (inflater.finished()) {
            // A stream has one end: what comes behind it was never compressed.
            return from.isEmpty() ? Outcome.NEED_MORE : Outcome.ERROR;
        }
        inflater.setInput(from.array(), from.head(), from.readable());
        long before = inflater.getBytesRead();
        to.reserve(PIECE);
        try {
            int n = inflater.inflate(to.array(), to.tail(), PIECE);
            to.wrote(n);
            int consumed = (int) (inflater.getBytesRead() - before);
            from.consume(consumed);
            if (n > 0 || consumed > 0) {
                return Outcome.OK;
            }
        } catch (DataFormatException e) {
            return Outcome.ERROR;
        }
        // Needing a dictionary, which was not agreed upon, is no progress either.
        boolean cut = mode == Flush.FINISHED && inflater.getBytesRead() > 0;
        return cut || inflater.needsDictionary() ? Outcome.ERROR : Outcome.NEED_MORE;
    }

    @Override
    public Outcome output(Buffer from, Buffer to, Flush mode) {
        if (deflater.finished()) {
            return Outcome.NEED_MORE;
        }
        int part = Math.min(from.readable(), INPUT);
        boolean last = part == from.readable();
        if (last && mode == Flush.FINISHED) {
            deflater.finish();
        }
        deflater.setInput(from.array(), from.head(), part);
        long before = deflater.getBytesRead();
        to.reserve(PIECE);
        int how = last && mode != Flush.NORMAL ? Deflater.SYNC_FLUSH : Deflater.NO_FLUSH;
        int n = deflater.deflate(to.array(), to.tail(), PIECE, how);
        to.wrote(n);
        from.consume((int) (deflater.getBytesRead() - before));
        boolean all = mode == Flush.FINISHED ? deflater.finished() : last && n < PIECE;
        return all ? Outcome.NEED_MORE : Outcome.OK;
    }

    /** Frees the memory that zlib has taken outside the heap. */
    @Override
    public void close() {
        deflater.end();
        inflater.end();
    }
}

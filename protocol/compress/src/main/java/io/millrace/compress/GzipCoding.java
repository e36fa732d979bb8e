// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import java.util.ArrayDeque;
import java.util.zip.Deflater;

/** Compression by gzip (RFC 1952), by the JDK. A compressor takes 256 KB: some that have been used are kept. */
public final class GzipCoding implements ContentCoding {
    /** At nginx's recommended level, text of the web becomes about as small as at 6 for a third of the work. */
    public static final int USUAL_LEVEL = 4;

    private static final int MOST_KEPT = 16;

    private final int level;
    private final ArrayDeque<Deflater> kept = new ArrayDeque<>();

    /**
     * Compresses at a level.
     *
     * @param level 1, the fastest, to 9, the smallest
     * @throws IllegalArgumentException for another level
     */
    public GzipCoding(int level) {
        if (level < 1 || level > 9) {
            throw new IllegalArgumentException("a level of gzip is 1 to 9, not " + level);
        }
        this.level = level;
    }

    @Override
    public String token() {
        return "gzip";
    }

    @Override
    public String suffix() {
        return "-gz";
    }

    @Override
    public ContentEncoder open() {
        return new GzipEncoder(take(), this::giveBack);
    }

    private Deflater take() {
        synchronized (kept) {
            Deflater deflater = kept.poll();
            if (deflater != null) {
                return deflater;
            }
        }
        return new Deflater(level, true);
    }

    private void giveBack(Deflater deflater) {
        deflater.reset();
        synchronized (kept) {
            if (kept.size() < MOST_KEPT) {
                kept.push(deflater);
                return;
            }
        }
        deflater.end();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import io.millrace.compress.Compression;
import io.millrace.compress.ContentCoding;
import io.millrace.compress.GzipCoding;
import io.millrace.web.ZstdCoding;
import java.util.ArrayList;
import java.util.List;

/** Reads the codings of {@code --compress}. */
final class CompressOption {
    /** All that this machine has. */
    static final String USUAL = "all";

    private CompressOption() {}

    /**
     * Reads a list of codings.
     *
     * @throws IllegalArgumentException for a coding that there is not
     * @throws UnsupportedOperationException for zstd where this machine has no library for it
     */
    static Compression read(String list) {
        List<ContentCoding> codings = new ArrayList<>();
        for (String name : list.split(",", -1)) {
            switch (name.trim()) {
                case USUAL -> {
                    if (ZstdCoding.whyNot() == null) {
                        codings.add(new ZstdCoding(ZstdCoding.USUAL_LEVEL));
                    }
                    codings.add(gzip());
                }
                case "gzip" -> codings.add(gzip());
                case "zstd" -> codings.add(new ZstdCoding(ZstdCoding.USUAL_LEVEL));
                default -> throw new IllegalArgumentException("gzip and zstd are the codings, not '" + name + "'");
            }
        }
        return Compression.DEFAULT.withCodings(codings.toArray(ContentCoding[]::new));
    }

    private static ContentCoding gzip() {
        return new GzipCoding(GzipCoding.USUAL_LEVEL);
    }
}

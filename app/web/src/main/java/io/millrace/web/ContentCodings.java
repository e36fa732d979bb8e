// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.compress.ContentCoding;
import io.millrace.compress.GzipCoding;
import java.util.ArrayList;
import java.util.List;

/** The codings of this machine by their names, as command lines and settings have them. */
public final class ContentCodings {
    /** The name of all that this machine has, zstd before gzip. */
    public static final String ALL = "all";

    private ContentCodings() {}

    /**
     * Reads a list of names, separated by commas, the preferred one first; each coding has its usual level.
     *
     * @throws IllegalArgumentException for a name that there is not
     * @throws UnsupportedOperationException for zstd where this machine has no library for it, saying why
     */
    public static ContentCoding[] read(String list) {
        List<ContentCoding> codings = new ArrayList<>();
        for (String name : list.split(",", -1)) {
            switch (name.trim()) {
                case ALL -> {
                    if (ZstdCoding.whyNot() == null) {
                        codings.add(zstd());
                    }
                    codings.add(gzip());
                }
                case "gzip" -> codings.add(gzip());
                case "zstd" -> codings.add(zstd());
                default -> throw new IllegalArgumentException("gzip and zstd are the codings, not '" + name + "'");
            }
        }
        return codings.toArray(ContentCoding[]::new);
    }

    private static ContentCoding gzip() {
        return new GzipCoding(GzipCoding.USUAL_LEVEL);
    }

    private static ContentCoding zstd() {
        return new ZstdCoding(ZstdCoding.USUAL_LEVEL);
    }
}

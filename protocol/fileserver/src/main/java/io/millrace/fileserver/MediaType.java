// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import org.jspecify.annotations.Nullable;

/**
 * What a file holds, as far as its name tells.
 *
 * @param value the Content-Type value, with {@code charset=utf-8} where text needs one
 * @param compressible whether compressing pays, so that a compressed sibling may lie beside the file
 * @param family what a listing shows it as
 * @param coding the content coding that files of this name are stored in, such as {@code gzip} for {@code .svgz}, which
 *     Content-Encoding has to say for the type to be true; {@code null} for nearly all
 */
public record MediaType(
        String value,
        boolean compressible,
        Family family,
        @Nullable String coding) {

    /** The large families of content. */
    public enum Family {
        /** Text that people read or write, code included. */
        TEXT,
        /** Pictures. */
        IMAGE,
        /** Sound. */
        AUDIO,
        /** Moving pictures, and the manifests and segments they come in. */
        VIDEO,
        /** Several files packed into one. */
        ARCHIVE,
        /** Anything else. */
        OTHER
    }
}

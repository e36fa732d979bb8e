// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

/** A way to compress contents that HTTP has a name for. Any number of threads may use one. */
public interface ContentCoding {

    /** Returns the name in Accept-Encoding and Content-Encoding, such as {@code gzip}. */
    String token();

    /**
     * Returns what the entity tag of a content becomes longer by when the content is coded, such as {@code -gz}:
     * letters and hyphens alone.
     */
    String suffix();

    /** Returns an encoder for one content, which the caller closes. */
    ContentEncoder open();
}

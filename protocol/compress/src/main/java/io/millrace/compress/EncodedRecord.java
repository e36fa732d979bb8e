// SPDX-License-Identifier: Apache-2.0
package io.millrace.compress;

import io.millrace.core.Buffer;
import org.jspecify.annotations.Nullable;

/** Notes a compressed content while it is sent, to keep it. One that is too large or not completed is dropped. */
final class EncodedRecord {
    private final EncodedContents contents;
    private final EncodedContents.Key key;
    private @Nullable Buffer noted = new Buffer();

    EncodedRecord(EncodedContents contents, EncodedContents.Key key) {
        this.contents = contents;
        this.key = key;
    }

    void append(Buffer piece) {
        if (noted != null) {
            noted.append(piece);
            if (noted.readable() > contents.largest()) {
                noted = null;
            }
        }
    }

    /** The content is complete. */
    void keep() {
        if (noted != null) {
            contents.put(key, noted.toBytes());
            noted = null;
        }
    }
}

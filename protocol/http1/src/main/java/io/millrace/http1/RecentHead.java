// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import org.jspecify.annotations.Nullable;

/**
 * The head of the last answers of one loop, as bytes: many answers of one turn have the same. Keeps a head when it
 * comes for the second time, so that heads that differ cost no copy.
 */
final class RecentHead {
    /** A longer head is written anew each time. */
    private static final int MOST_KEPT = 1024;

    private final Buffer kept = new Buffer();
    private @Nullable FieldBlock block;
    private long revision;
    private int size;
    private int status;
    private long length;
    private long turn;
    private boolean isNew;

    /**
     * Appends the head if it is kept, and returns whether it is. Where it is not, the caller writes it and calls
     * {@link #written}.
     *
     * @param fields the fields of the answer
     * @param bodyLength the number of bytes of the body
     * @param now a number that changes when time may have passed, and with it Date
     */
    boolean append(Buffer out, int newStatus, FieldBlock fields, long bodyLength, long now) {
        isNew = now != turn || !isSame(newStatus, fields, bodyLength);
        if (isNew) {
            note(newStatus, fields, bodyLength, now);
            return false;
        }
        int bytes = kept.readable();
        out.append(kept.array(), kept.head(), bytes);
        return bytes > 0;
    }

    private boolean isSame(int newStatus, FieldBlock fields, long bodyLength) {
        return fields == block
                && fields.revision() == revision
                && fields.size() == size
                && bodyLength == length
                && newStatus == status;
    }

    private void note(int newStatus, FieldBlock fields, long bodyLength, long now) {
        kept.clear();
        block = fields;
        revision = fields.revision();
        size = fields.size();
        status = newStatus;
        length = bodyLength;
        turn = now;
    }

    /** The head that {@link #append} did not have are the last {@code count} bytes of {@code out}. */
    void written(Buffer out, int count) {
        if (!isNew && count <= MOST_KEPT) {
            kept.append(out.array(), out.tail() - count, count);
        }
    }
}

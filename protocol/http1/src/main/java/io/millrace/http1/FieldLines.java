// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import org.jspecify.annotations.Nullable;

/**
 * Field lines as HTTP/1.1 sends them: name, colon, blank, value, CRLF (RFC 9112 section 5). Keeps the lines written
 * last as bytes, since an answer mostly has those of the answer before; one for each exchange.
 */
final class FieldLines {
    /** More is written anew each time, so that one large answer does not hold memory for all that follow. */
    private static final int MOST_KEPT = 1024;

    private final Buffer kept = new Buffer();
    private @Nullable FieldBlock block;
    private long revision;
    private int size;

    /** Appends the lines of {@code fields}. */
    void append(FieldBlock fields, Buffer out) {
        if (fields.size() == 0) {
            return;
        }
        if (fields != block || fields.revision() != revision || fields.size() != size) {
            block = null;
            if (length(fields) > MOST_KEPT) {
                write(fields, out);
                return;
            }
            keep(fields);
        }
        out.append(kept.array(), kept.head(), kept.readable());
    }

    private void keep(FieldBlock fields) {
        kept.clear();
        write(fields, kept);
        block = fields;
        revision = fields.revision();
        size = fields.size();
    }

    /** Appends the lines of {@code fields}, which are not expected to come again. */
    static void write(FieldBlock fields, Buffer out) {
        out.reserve(length(fields));
        byte[] from = fields.array();
        byte[] into = out.array();
        int at = out.tail();
        for (int i = 0, n = fields.size(); i < n; i++) {
            at = copy(from, fields.nameStart(i), fields.nameEnd(i), into, at);
            into[at] = ':';
            into[at + 1] = ' ';
            at = copy(from, fields.valueStart(i), fields.valueEnd(i), into, at + 2);
            into[at] = '\r';
            into[at + 1] = '\n';
            at += 2;
        }
        out.wrote(at - out.tail());
    }

    private static int copy(byte[] from, int start, int end, byte[] into, int at) {
        System.arraycopy(from, start, into, at, end - start);
        return at + end - start;
    }

    private static int length(FieldBlock fields) {
        int length = 0;
        for (int i = 0, n = fields.size(); i < n; i++) {
            length += fields.nameEnd(i) - fields.nameStart(i) + fields.valueEnd(i) - fields.valueStart(i) + 4;
        }
        return length;
    }
}

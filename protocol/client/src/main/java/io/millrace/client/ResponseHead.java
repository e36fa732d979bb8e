// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Ascii;
import io.millrace.http.FieldBlock;
import io.millrace.http.Headers;
import io.millrace.http1.ResponseParser;
import java.util.Arrays;

/** The head of an answer. Stays valid after the call; any thread may read it. */
public final class ResponseHead {
    private final int status;
    private final int version;
    private final long length;
    private final String reason;
    private final FieldBlock fields;

    /** Copies the head that the parser has read, whose bytes begin at {@code from}. */
    ResponseHead(ResponseParser parser, byte[] array, int from) {
        status = parser.status();
        version = parser.version();
        length = status < 200 || parser.framing() == ResponseParser.Framing.CHUNKED ? -1 : parser.contentLength();
        reason = Ascii.string(array, parser.reasonStart(), parser.reasonEnd() - parser.reasonStart());
        fields = copy(parser.fields(), array, from, from + parser.consumed());
    }

    private static FieldBlock copy(FieldBlock read, byte[] array, int from, int to) {
        FieldBlock copy = new FieldBlock();
        copy.view(Arrays.copyOfRange(array, from, to), 0);
        for (int i = 0, n = read.size(); i < n; i++) {
            copy.add(
                    read.nameStart(i) - from,
                    read.nameEnd(i) - from,
                    read.valueStart(i) - from,
                    read.valueEnd(i) - from);
        }
        return copy;
    }

    /** Returns the status code: three digits, of which a server may have sent any. */
    public int status() {
        return status;
    }

    /** Returns the version of the server's message, times ten: 10 or 11. */
    public int version() {
        return version;
    }

    /** Returns the reason phrase, which may be empty and means nothing to programs. */
    public String reason() {
        return reason;
    }

    /** Returns the fields in the order in which they came. */
    public Headers headers() {
        return fields;
    }

    /** Returns the first value of a field, or {@code null}. */
    public String header(String name) {
        return fields.first(name);
    }

    /**
     * Returns what Content-Length says in bytes: the length of the body, or the one it would have had after HEAD and in
     * a 304. -1 if the server has not said.
     */
    public long contentLength() {
        return length;
    }

    @Override
    public String toString() {
        return status + " " + reason;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Coded header fields: what is read does not depend on how they are cut, and what is written of them again is read as
 * the same.
 */
public final class HpackFuzz {
    private static final int TABLE = 4096;
    private static final int LONGEST = 16 * 1024;

    private HpackFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        List<String> whole = new Reader().read(input, input.length);
        List<String> cut = new Reader().read(input, 1);
        if (!whole.equals(cut)) {
            throw new AssertionError("whole: " + whole + ", byte by byte: " + cut);
        }
        writeAgain(whole);
    }

    private static void writeAgain(List<String> fields) {
        Buffer out = new Buffer();
        HpackEncoder encoder = new HpackEncoder();
        List<String> written = new ArrayList<>();
        encoder.begin(out);
        for (String field : fields) {
            int colon = field.indexOf('\n');
            if (colon > 0 && field.equals(field.toLowerCase(Locale.ROOT))) {
                byte[] bytes = Ascii.bytes(field.substring(0, colon) + field.substring(colon + 1));
                encoder.field(out, bytes, colon, bytes.length);
                written.add(field);
            }
        }
        byte[] coded = out.take(out.readable());
        List<String> again = new Reader().read(coded, Math.max(1, coded.length));
        written.add("end");
        if (!again.equals(written)) {
            throw new AssertionError("written: " + written + ", read: " + again);
        }
    }

    private static final class Reader extends FieldSink {
        private final List<String> seen = new ArrayList<>();
        private final HpackDecoder decoder = new HpackDecoder(TABLE, LONGEST);

        @Override
        void field(int start, int nameEnd, int end) {
            seen.add(Ascii.string(bytes(), start, nameEnd - start)
                    + '\n'
                    + Ascii.string(bytes(), nameEnd, end - nameEnd));
        }

        List<String> read(byte[] input, int step) {
            decoder.begin();
            int from = 0;
            for (int to = Math.min(step, input.length); ; to = Math.min(to + step, input.length)) {
                int whole = decoder.decode(input, from, to, this);
                if (whole < 0) {
                    seen.add("broken " + whole);
                    return seen;
                }
                if (whole < from || whole > to) {
                    throw new AssertionError("from " + from + " to " + to + ", but read to " + whole);
                }
                from = whole;
                if (to == input.length) {
                    break;
                }
            }
            seen.add(from == input.length ? "end" : "not whole");
            return seen;
        }
    }
}

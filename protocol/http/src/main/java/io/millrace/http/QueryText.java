// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query as HTML forms write it: {@code name=value&name=value}, {@code +} for a blank, percent escapes (WHATWG URL
 * 5.1).
 */
final class QueryText {
    private QueryText() {}

    /** The first value of a parameter, or {@code null}; a name without {@code =} has the value {@code ""}. */
    static @Nullable String first(byte[] bytes, int from, int to, String name) {
        List<String> values = values(bytes, from, to, name, 1);
        return values.isEmpty() ? null : values.getFirst();
    }

    /** All values of a parameter, up to {@code most}. */
    static List<String> values(byte[] bytes, int from, int to, String name, int most) {
        List<String> values = new ArrayList<>();
        for (int i = from; i < to && values.size() < most; ) {
            int end = find(bytes, i, to, '&');
            int equals = find(bytes, i, end, '=');
            if (end > i && text(bytes, i, equals).equals(name)) {
                values.add(text(bytes, Math.min(equals + 1, end), end));
            }
            i = end + 1;
        }
        return values;
    }

    private static int find(byte[] bytes, int from, int to, char wanted) {
        int at = from;
        while (at < to && bytes[at] != wanted) {
            at++;
        }
        return at;
    }

    private static String text(byte[] bytes, int from, int to) {
        byte[] decoded = new byte[to - from];
        int length = PathNormalizer.decode(bytes, from, to, decoded, 0, true);
        return new String(decoded, 0, length, StandardCharsets.UTF_8);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import java.util.Locale;

/**
 * What a client likes better: the weights in Accept and Accept-Encoding (RFC 9110 sections 12.4.2, 12.5.1 and 12.5.3).
 */
final class Preference {
    private static final int FULL = 1000;

    private Preference() {}

    /** The weight of a media type, 0 to 1000 for q=0 to q=1; without a field everything is welcome. */
    static int ofType(String accept, String type) {
        return accept == null ? FULL : scan(accept, type, true) % (FULL + 1);
    }

    /**
     * Whether a client that asked so would rather have {@code type} than {@code other}: heavier, or named more exactly.
     */
    static boolean prefers(String accept, String type, String other) {
        if (accept == null) {
            return false;
        }
        int left = scan(accept, type, true);
        int right = scan(accept, other, true);
        int weight = left % (FULL + 1);
        int byWeight = Integer.compare(weight, right % (FULL + 1));
        return weight > 0 && (byWeight > 0 || byWeight == 0 && left > right);
    }

    /** The weight of a content coding, 0 to 1000; -1 if the field says nothing about it. */
    static int ofCoding(String acceptEncoding, String coding) {
        int found = acceptEncoding == null ? -1 : scan(acceptEncoding, coding, false);
        return found < 0 ? -1 : found % (FULL + 1);
    }

    /**
     * Looks for the most exact element that covers {@code wanted}: itself, {@code top/*}, then {@code *}.
     *
     * @return exactness * 1001 + weight; without one -1 for codings and 0, not welcome, for types
     */
    private static int scan(String list, String wanted, boolean types) {
        int best = types ? 0 : -1;
        int bestExactness = 0;
        for (int from = 0; from < list.length(); ) {
            int to = end(list, from);
            int exactness = exactness(list.substring(from, to), wanted, types);
            if (exactness > bestExactness) {
                bestExactness = exactness;
                best = exactness * (FULL + 1) + weight(list.substring(from, to));
            }
            from = to + 1;
        }
        return best;
    }

    private static int end(String list, int from) {
        int comma = list.indexOf(',', from);
        return comma < 0 ? list.length() : comma;
    }

    private static int exactness(String element, String wanted, boolean types) {
        int semicolon = element.indexOf(';');
        String range = (semicolon < 0 ? element : element.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        if (range.equals(wanted) || !types && range.equals("x-" + wanted)) {
            return 3;
        }
        if (types && range.endsWith("/*") && range.length() > 3) {
            return wanted.startsWith(range.substring(0, range.length() - 1)) ? 2 : 0;
        }
        return range.equals(types ? "*/*" : "*") ? 1 : 0;
    }

    /** The q parameter in thousandths; one that cannot be read counts as 1, as if it were not there. */
    private static int weight(String element) {
        int semicolon = element.indexOf(';');
        while (semicolon >= 0) {
            int next = element.indexOf(';', semicolon + 1);
            String parameter = element.substring(semicolon + 1, next < 0 ? element.length() : next)
                    .strip();
            if (parameter.length() > 2 && (parameter.charAt(0) | 0x20) == 'q' && parameter.charAt(1) == '=') {
                return thousandths(parameter.substring(2).strip());
            }
            semicolon = next;
        }
        return FULL;
    }

    /** qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ) (RFC 9110 section 12.4.2). */
    private static int thousandths(String value) {
        boolean shaped = !value.isEmpty() && value.length() <= 5 && (value.length() == 1 || value.charAt(1) == '.');
        if (!shaped || value.charAt(0) < '0' || value.charAt(0) > '1') {
            return FULL;
        }
        int sum = (value.charAt(0) - '0') * FULL;
        for (int i = 2, unit = 100; i < value.length(); i++, unit /= 10) {
            int digit = value.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return FULL;
            }
            sum += digit * unit;
        }
        return Math.min(sum, FULL);
    }
}

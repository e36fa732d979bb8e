// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a router found in a path: the names of the route and, for each, where its value lies in the path. */
final class PathParams {
    private static final String[] NO_NAMES = {};

    private String[] names = NO_NAMES;
    private String pattern = "";
    private int[] spans = new int[8];

    /** Notes where the value of parameter {@code index} begins and ends, counted from the beginning of the path. */
    void span(int index, int from, int to) {
        if (2 * index + 1 >= spans.length) {
            spans = Arrays.copyOf(spans, 2 * spans.length);
        }
        spans[2 * index] = from;
        spans[2 * index + 1] = to;
    }

    /** Names the values that were noted, and the pattern that found them. */
    void matched(String[] valueNames, String routePattern) {
        names = valueNames;
        pattern = routePattern;
    }

    /** The pattern that matched, {@code ""} if none did. */
    String pattern() {
        return pattern;
    }

    void clear() {
        names = NO_NAMES;
        pattern = "";
    }

    String value(Request request, String name) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].equals(name)) {
                int from = request.pathStart() + spans[2 * i];
                return new String(request.pathArray(), from, spans[2 * i + 1] - spans[2 * i], StandardCharsets.UTF_8);
            }
        }
        throw new IllegalArgumentException(
                "the route " + pattern + " has no parameter \"" + name + "\", it has " + Arrays.toString(names));
    }
}

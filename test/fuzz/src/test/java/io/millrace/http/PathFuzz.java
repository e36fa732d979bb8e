// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** A path of a URL, decoded and resolved: the same as a second, naive reading, and never out of its root. */
public final class PathFuzz {
    private PathFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        boolean valid = PathNormalizer.valid(input, 0, input.length);
        String raw = Ascii.string(input, 0, input.length);
        if (valid != !raw.replaceAll("%(?!00)[0-9a-fA-F]{2}", "").contains("%")) {
            throw new AssertionError("valid: " + valid);
        }
        if (!valid) {
            return;
        }
        byte[] normal = PathNormalizer.normal(input, 0, input.length);
        String text = Ascii.string(normal, 0, normal.length);
        if (!text.equals(naive(raw))) {
            throw new AssertionError(text + " is " + naive(raw));
        }
        if (PathNormalizer.plain(input, 0, input.length)
                && input.length > 0
                && input[0] == '/'
                && !Arrays.equals(input, normal)) {
            throw new AssertionError("plain, and yet another: " + text);
        }
    }

    private static String naive(String raw) {
        StringBuilder decoded = new StringBuilder();
        for (int i = 0; i < raw.length(); i++) {
            boolean escape = raw.charAt(i) == '%';
            decoded.append(escape ? (char) Integer.parseInt(raw.substring(i + 1, i + 3), 16) : raw.charAt(i));
            i += escape ? 2 : 0;
        }
        Deque<String> parts = new ArrayDeque<>();
        String last = "";
        for (String part : decoded.toString().split("/", -1)) {
            last = part;
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        boolean folder = last.isEmpty() || last.equals(".") || last.equals("..");
        return parts.isEmpty() ? "/" : "/" + String.join("/", parts) + (folder ? "/" : "");
    }
}

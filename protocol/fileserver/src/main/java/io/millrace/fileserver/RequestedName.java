// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import java.io.File;
import org.jspecify.annotations.Nullable;

/**
 * From the path of a request to a name in the folder. What comes in is already decoded and freed of dots, once, by the
 * HTTP side, and all judge that one form: a slash that was sent as {@code %2F} is a slash like any other. What could
 * still be meant to lead out is refused here before a folder, the real guard, ever sees it.
 */
final class RequestedName {
    private static final boolean BACKSLASH_SEPARATES = File.separatorChar == '\\';

    private RequestedName() {}

    /** What follows the mount path and its slash; {@code null} if the path is not below it. */
    static @Nullable String below(String mount, String path) {
        int length = mount.length();
        boolean below = path.startsWith(mount) && path.length() > length && path.charAt(length) == '/';
        return below ? path.substring(length + 1) : null;
    }

    /**
     * Whether a name may be looked for: no {@code ..}, no NUL, no replacement character (which stands for bytes that
     * were no UTF-8, and would match any name that is none either), nothing hidden unless that is allowed. A backslash
     * is a separator on the systems where it is one, and a character like any other elsewhere. A trailing slash may
     * stay.
     */
    static boolean servable(String name, boolean hidden) {
        int start = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == 0 || c == '\uFFFD') {
                return false;
            }
            if (c == '/' || (BACKSLASH_SEPARATES && c == '\\')) {
                if (!servable(name, start, i, hidden)) {
                    return false;
                }
                start = i + 1;
            }
        }
        return start == name.length() || servable(name, start, name.length(), hidden);
    }

    private static boolean servable(String name, int from, int to, boolean hidden) {
        int length = to - from;
        if (length == 0) {
            return false;
        }
        if (name.charAt(from) != '.') {
            return true;
        }
        boolean dots = length == 1 || (length == 2 && name.charAt(from + 1) == '.');
        // The one hidden name that is made to be asked for (RFC 8615).
        return !dots && (hidden || (length == 11 && name.startsWith(".well-known", from)));
    }
}

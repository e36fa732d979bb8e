// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.io.File;

/** The form of the paths that a {@link DirectoryRoot} takes. */
final class PathForm {
    /** Longer than the longest name of every file system in use (255 bytes on Linux): no such name can exist. */
    private static final int LONGEST_NAME = 1024;

    private PathForm() {}

    static boolean isWellFormed(String path) {
        for (int from = 0; from < path.length(); ) {
            int slash = path.indexOf('/', from);
            int to = slash < 0 ? path.length() : slash;
            if (!isPart(path, from, to) || to == path.length() - 1) {
                return false;
            }
            from = to + 1;
        }
        return true;
    }

    private static boolean isPart(String path, int from, int to) {
        int length = to - from;
        boolean dots = path.startsWith(".", from) && (length == 1 || (length == 2 && path.charAt(from + 1) == '.'));
        return length > 0 && length <= LONGEST_NAME && !dots && isPlain(path, from, to);
    }

    private static boolean isPlain(String path, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = path.charAt(i);
            // Where the system separates by backslash, that and the colon (drives, streams) have another meaning.
            if (c == 0 || (File.separatorChar == '\\' && (c == '\\' || c == ':'))) {
                return false;
            }
        }
        return true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import org.jspecify.annotations.Nullable;

/**
 * Names in the folder for paths that were asked for lately, so that asking again makes no string. Threads share it
 * without a lock: an entry never changes, and one that is lost in a race is made again.
 */
final class RecentNames {
    private static final int PLACES = 512;
    private static final int LONGEST = 256;

    private record Entry(String path, String name) {}

    private final Entry[] recent = new Entry[PLACES];

    /** As {@link RequestedName#below}; {@code mount} is always the same. */
    @Nullable
    String below(String mount, String path) {
        int hash = path.hashCode();
        int place = (hash ^ hash >>> 9 ^ hash >>> 18) & PLACES - 1;
        Entry known = recent[place];
        if (known != null && known.path.equals(path)) {
            return known.name;
        }
        String name = RequestedName.below(mount, path);
        if (name != null && path.length() <= LONGEST) {
            recent[place] = new Entry(path, name);
        }
        return name;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

/**
 * Priorities of streams that have not been opened yet (RFC 9218 section 7.1): a PRIORITY_UPDATE may come before its
 * request. Of many the ones that were named last; takes no memory while there are none.
 */
final class EarlyPriorities {
    private static final int MOST = 16;

    // Number and priority by turns.
    private int[] entries;
    private int added;

    boolean isEmpty() {
        return entries == null;
    }

    void remember(int id, int priority) {
        if (entries == null) {
            entries = new int[2 * MOST];
        }
        int at = 2 * (added++ % MOST);
        entries[at] = id;
        entries[at + 1] = priority;
    }

    /** Returns the priority that a stream begins with: an update that came before it goes before what it says. */
    int priorityOf(int id, int said) {
        int priority = said;
        int live = 0;
        for (int i = 0; entries != null && i < entries.length; i += 2) {
            if (entries[i] == id) {
                priority = entries[i + 1];
            }
            live += entries[i] > id ? 1 : 0;
        }
        if (live == 0) {
            entries = null;
        }
        return priority;
    }
}

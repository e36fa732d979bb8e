// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.ArrayList;
import java.util.List;

/**
 * The streams of a connection that are open, found by their numbers, and which of them sends next. Lent to a connection
 * from its first stream to its last: one without streams holds none.
 */
final class OpenStreams<S extends StreamEntry> {
    private static final int USUAL = 16;

    private final Scheduler scheduler = new Scheduler();

    // Open addressing on the number; what is removed is closed up, so that a gap ends every search.
    private S[] table = newTable(USUAL);
    private int count;

    @SuppressWarnings("unchecked")
    private static <T extends StreamEntry> T[] newTable(int length) {
        return (T[]) new StreamEntry[length];
    }

    Scheduler scheduler() {
        return scheduler;
    }

    int count() {
        return count;
    }

    private int place(int id) {
        int hash = (id >>> 1) * 0x9e3779b9;
        return hash >>> 16 & table.length - 1;
    }

    /** Returns the stream with that number, {@code null} if none is open. */
    S find(int id) {
        for (int at = place(id); table[at] != null; at = at + 1 & table.length - 1) {
            if (table[at].id == id) {
                return table[at];
            }
        }
        return null;
    }

    void add(S stream) {
        if (2 * count >= table.length) {
            grow();
        }
        insert(stream);
        count++;
    }

    private void insert(S stream) {
        int at = place(stream.id);
        while (table[at] != null) {
            at = at + 1 & table.length - 1;
        }
        table[at] = stream;
    }

    private void grow() {
        S[] old = table;
        table = newTable(2 * old.length);
        for (S stream : old) {
            if (stream != null) {
                insert(stream);
            }
        }
    }

    void remove(S stream) {
        scheduler.remove(stream);
        int gap = place(stream.id);
        while (table[gap] != stream) {
            gap = gap + 1 & table.length - 1;
        }
        for (int at = gap + 1 & table.length - 1; table[at] != null; at = at + 1 & table.length - 1) {
            int distance = at - place(table[at].id) & table.length - 1;
            if (distance >= (at - gap & table.length - 1)) {
                table[gap] = table[at];
                gap = at;
            }
        }
        table[gap] = null;
        count--;
    }

    /** Returns the streams as they are now, for walks in which some may go. */
    List<S> snapshot() {
        List<S> streams = new ArrayList<>(count);
        for (S stream : table) {
            if (stream != null) {
                streams.add(stream);
            }
        }
        streams.sort((a, b) -> Integer.compare(a.id, b.id));
        return streams;
    }

    /** Gives memory back that many streams at once have needed. */
    void trim() {
        if (table.length > 16 * USUAL) {
            table = newTable(USUAL);
        }
    }
}

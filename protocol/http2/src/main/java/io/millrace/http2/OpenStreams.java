// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import java.util.Arrays;

/**
 * The streams of a connection that are open, found by their numbers, and which of them sends next. Lent to a connection
 * from its first stream to its last: one without streams holds none.
 */
final class OpenStreams {
    private static final int USUAL = 16;

    private final Scheduler scheduler = new Scheduler();

    // Open addressing on the number; what is removed is closed up, so that a gap ends every search.
    private Http2Stream[] table = new Http2Stream[USUAL];
    private int count;

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
    Http2Stream find(int id) {
        for (int at = place(id); table[at] != null; at = at + 1 & table.length - 1) {
            if (table[at].id == id) {
                return table[at];
            }
        }
        return null;
    }

    void add(Http2Stream stream) {
        if (2 * count >= table.length) {
            grow();
        }
        insert(stream);
        count++;
    }

    private void insert(Http2Stream stream) {
        int at = place(stream.id);
        while (table[at] != null) {
            at = at + 1 & table.length - 1;
        }
        table[at] = stream;
    }

    private void grow() {
        Http2Stream[] old = table;
        table = new Http2Stream[2 * old.length];
        for (Http2Stream stream : old) {
            if (stream != null) {
                insert(stream);
            }
        }
    }

    void remove(Http2Stream stream) {
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
    Http2Stream[] snapshot() {
        Http2Stream[] streams = new Http2Stream[count];
        int at = 0;
        for (Http2Stream stream : table) {
            if (stream != null) {
                streams[at++] = stream;
            }
        }
        Arrays.sort(streams, (a, b) -> Integer.compare(a.id, b.id));
        return streams;
    }

    /** Gives memory back that many streams at once have needed. */
    void trim() {
        if (table.length > 16 * USUAL) {
            table = new Http2Stream[USUAL];
        }
    }
}

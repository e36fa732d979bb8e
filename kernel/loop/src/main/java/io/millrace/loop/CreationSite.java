// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** Where an event was made and what has become of it. Does not hold the event, which may be collected as garbage. */
final class CreationSite implements Runnable {
    private final String kind;
    private final StackTraceElement[] place;
    private final LeakTracker debug;
    private volatile boolean used;
    private volatile boolean closed;

    CreationSite(String kind, StackTraceElement[] place, LeakTracker debug) {
        this.kind = kind;
        this.place = place;
        this.debug = debug;
    }

    void used() {
        used = true;
    }

    void closed() {
        closed = true;
    }

    /** The event is garbage. */
    @Override
    public void run() {
        if (!used && !closed) {
            debug.report("a " + kind + " was lost: it was neither enabled nor closed" + this);
        }
    }

    /** The first place outside this room. */
    @Override
    public String toString() {
        for (StackTraceElement element : place) {
            if (!debug.own(element)) {
                return ", made at " + element;
            }
        }
        return ", made by the loop itself";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;

/**
 * A connection that is there besides and is in the way: silent, reading slowly or writing slowly. It does not count
 * among the requests; whether it held until the end does. One that loses its connection makes a new one. On its loop
 * only.
 */
final class BackgroundConnection extends LoadClient {

    /** What it does. */
    enum Habit {
        IDLE,
        READS_SLOWLY,
        WRITES_SLOWLY
    }

    /** Time between two bytes of one who writes slowly, and between two looks of one who reads slowly. */
    private static final long STEP_NANOS = 500_000_000L;

    private final Habit habit;
    private final byte[] request;
    private int written;

    BackgroundConnection(Worker worker, Habit habit, byte[] request) {
        super(worker);
        this.habit = habit;
        this.request = request;
    }

    void open() {
        worker.dial(this, () -> worker.lost(this));
    }

    @Override
    public void opened(Link opened) {
        link = opened;
        written = 0;
        worker.stands();
        if (habit == Habit.READS_SLOWLY) {
            ask();
        }
        if (habit != Habit.IDLE) {
            link.deadline(link.now() + STEP_NANOS);
        }
    }

    private void ask() {
        link.out().append(request);
        link.flush();
    }

    /** What comes is dropped; one who reads slowly takes what one call brings and then looks away. */
    @Override
    public void receive(Buffer in, Link from) {
        in.consume(in.readable());
        if (habit == Habit.READS_SLOWLY) {
            from.pause(true);
        }
    }

    @Override
    public void expired(Link from) {
        if (habit == Habit.READS_SLOWLY) {
            from.pause(false);
        } else {
            from.out().append(request[written]);
            from.flush();
            written = (written + 1) % request.length;
        }
        from.deadline(from.now() + STEP_NANOS);
    }

    @Override
    public void closed(CloseCause why) {
        link = null;
        worker.lost(this);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** A task that waits for its time on a loop. Made by {@link EventLoop#schedule}. */
public final class Timer extends Event {
    private final Runnable task;

    Timer(EventLoop loop, Runnable task) {
        super(loop);
        this.task = task;
    }

    @Override
    void ring() {
        happened(TIMEOUT);
    }

    @Override
    void call(int what) {
        task.run();
    }

    /** Gives the task up, if it has not run yet. Any thread may call; on the loop it takes effect at once. */
    public void cancel() {
        if (loop.inLoop()) {
            cancelNow();
        } else {
            loop.execute(this::cancelNow);
        }
    }

    private void cancelNow() {
        found = 0;
        loop.alarms.cancel(this);
    }
}

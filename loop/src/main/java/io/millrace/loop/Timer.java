// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

/** A task that waits for its time on a loop. Made by {@link EventLoop#schedule}. */
public final class Timer extends Alarm {
    private final EventLoop loop;
    private final Runnable task;

    Timer(EventLoop loop, Runnable task) {
        this.loop = loop;
        this.task = task;
    }

    @Override
    void ring() {
        loop.run(task);
    }

    /** Gives the task up, if it has not run yet. Any thread may call; on the loop it takes effect at once. */
    public void cancel() {
        if (loop.inLoop()) {
            loop.alarms.cancel(this);
        } else {
            loop.execute(() -> loop.alarms.cancel(this));
        }
    }
}

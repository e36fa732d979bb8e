// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

/** Counts worker processes. Any thread may call. */
public final class WorkerStats {
    private long spawned;
    private long ended;
    private long died;
    private long restarted;
    private long failed;
    private long pauseNanos;

    /** Of those that died, how many places are still empty. */
    private long owed;

    /** Makes counters at zero. */
    public WorkerStats() {}

    /** Counts one that has been started. */
    public synchronized void spawned() {
        spawned++;
        if (owed > 0) {
            owed--;
            restarted++;
        }
    }

    /** Counts one that could not be started. */
    public synchronized void failed() {
        failed++;
    }

    /** Counts one that has ended as it should. */
    public synchronized void ended() {
        ended++;
    }

    /**
     * Counts one that has died.
     *
     * @param replaced whether another is to take its place
     */
    public synchronized void died(boolean replaced) {
        died++;
        owed += replaced ? 1 : 0;
    }

    /** Notes how long the supervisor waits before it starts another. */
    synchronized void pause(long nanos) {
        pauseNanos = nanos;
    }

    /** Returns what was counted so far. */
    public synchronized WorkerCounters counters() {
        return new WorkerCounters(spawned, spawned - ended - died, ended, died, restarted, failed, pauseNanos);
    }
}

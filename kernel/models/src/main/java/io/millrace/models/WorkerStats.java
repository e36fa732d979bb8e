// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

/** Counts worker processes. Any thread may. */
final class WorkerStats {
    private long spawned;
    private long ended;
    private long died;
    private long restarted;
    private long failed;
    private long pauseNanos;

    /** Of those that died, how many places are still empty. */
    private long owed;

    synchronized void spawned() {
        spawned++;
        if (owed > 0) {
            owed--;
            restarted++;
        }
    }

    synchronized void failed() {
        failed++;
    }

    synchronized void ended() {
        ended++;
    }

    /** One that has died; whether another is to take its place. */
    synchronized void died(boolean replaced) {
        died++;
        owed += replaced ? 1 : 0;
    }

    synchronized void pause(long nanos) {
        pauseNanos = nanos;
    }

    synchronized WorkerCounters counters() {
        return new WorkerCounters(spawned, spawned - ended - died, ended, died, restarted, failed, pauseNanos);
    }
}

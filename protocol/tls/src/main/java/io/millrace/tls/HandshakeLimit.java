// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * Lets so many tasks run on an executor at once; the others wait in the order in which they came. A crowd of new
 * clients then delays one another, and not what else the executor's threads have to do. Any thread may call.
 */
final class HandshakeLimit implements Executor {
    private final Executor executor;
    private final int most;
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private int running;

    HandshakeLimit(Executor executor, int most) {
        this.executor = executor;
        this.most = most;
    }

    @Override
    public void execute(Runnable task) {
        synchronized (this) {
            if (running == most) {
                waiting.add(task);
                return;
            }
            running++;
        }
        start(task);
    }

    private void start(Runnable task) {
        boolean isTaken = false;
        try {
            executor.execute(() -> run(task));
            isTaken = true;
        } finally {
            if (!isTaken) {
                next();
            }
        }
    }

    private void run(Runnable task) {
        try {
            task.run();
        } finally {
            next();
        }
    }

    /** A task is over: the next one begins in its place. */
    private void next() {
        Runnable task;
        synchronized (this) {
            task = waiting.poll();
            if (task == null) {
                running--;
                return;
            }
        }
        start(task);
    }

    /** For tests: how many wait. */
    synchronized int waiting() {
        return waiting.size();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/** What a loop has been given to run, in order, by any thread; from some moment on it takes no more. */
final class Tasks {
    private final ConcurrentLinkedQueue<Runnable> queue = new ConcurrentLinkedQueue<>();
    private final String loop;

    /** No task is taken any more: those that were have run, or run now. */
    private volatile boolean refused;

    /** The tasks of a loop of that name. */
    Tasks(String loop) {
        this.loop = loop;
    }

    /** Takes a task; {@code false} if it will not run. Any thread may call. */
    boolean add(Runnable task) {
        queue.add(task);
        // Whichever of the two takes it out of the queue, this thread or the one that closes the loop, decides.
        return !(refused && queue.remove(task));
    }

    Runnable poll() {
        return queue.poll();
    }

    boolean isEmpty() {
        return queue.isEmpty();
    }

    /** Belongs at the start of what a closed loop refuses on any thread. */
    void check() {
        if (refused) {
            throw refusal();
        }
    }

    RejectedExecutionException refusal() {
        return new RejectedExecutionException("the loop " + loop + " has been closed");
    }

    /** Has what is left run, and takes nothing more. By the loop, at its end. */
    void runLeft(Consumer<Runnable> runner) {
        // Those that are there, then those that have come meanwhile; one that adds another for ever is not waited for.
        runThere(runner);
        runThere(runner);
        refused = true;
        runThere(runner);
    }

    private void runThere(Consumer<Runnable> runner) {
        for (int left = queue.size(); left > 0 || refused; left--) {
            Runnable task = queue.poll();
            if (task == null) {
                return;
            }
            runner.accept(task);
        }
    }
}

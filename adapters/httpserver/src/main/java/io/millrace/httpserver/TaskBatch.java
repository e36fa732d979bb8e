// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The exchanges that one loop has found in a turn, and hands over together when its callbacks have run. For executors
 * with a thread for each task, above all virtual threads: of those that are started from outside each wakes a carrier,
 * and the system switches threads twice for a request. Here the thread of the first starts the others, where the
 * carrier is awake already.
 *
 * <p>Each task is still given to the executor once, and runs on a thread of its own. Belongs to the loop.
 */
final class TaskBatch {
    private static final String THREAD_PER_TASK = "java.util.concurrent.ThreadPerTaskExecutor";

    private ArrayDeque<ExchangeTask> tasks = new ArrayDeque<>();

    /** Returns whether an executor starts a thread for each task, so that none waits for another. */
    static boolean suits(Executor executor) {
        return executor.getClass().getName().equals(THREAD_PER_TASK);
    }

    /**
     * Adds a task.
     *
     * @param soon runs what it is given on the loop, after the callbacks of this turn
     */
    void add(ExchangeTask task, Executor executor, Consumer<Runnable> soon) {
        tasks.add(task);
        if (tasks.size() == 1) {
            soon.accept(() -> handOver(executor));
        }
    }

    private void handOver(Executor executor) {
        ArrayDeque<ExchangeTask> turn = tasks;
        tasks = new ArrayDeque<>(turn.size());
        while (!turn.isEmpty()) {
            ExchangeTask first = turn.poll();
            boolean given = first.start(executor, () -> {
                turn.forEach(each -> each.start(executor, each));
                first.run();
            });
            if (given) {
                return;
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;

/**
 * The one thread that runs handlers one after the other where a server was given no executor. Keeps the program alive
 * as long as its server runs: the loops are daemons.
 */
final class DispatcherThread implements Executor {
    private static final Runnable LAST = () -> {};

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private final Thread thread = new Thread(this::run, "HTTP-Dispatcher");
    private boolean ended;

    void start() {
        thread.start();
    }

    @Override
    public synchronized void execute(Runnable task) {
        if (ended) {
            throw new RejectedExecutionException("the server has stopped");
        }
        tasks.add(task);
    }

    private void run() {
        boolean interrupted = false;
        for (Runnable task = LAST; ; ) {
            try {
                task = tasks.take();
            } catch (InterruptedException e) {
                interrupted = true; // left behind by a handler: the next one is not concerned
                continue;
            }
            if (task == LAST) {
                break;
            }
            runQuietly(task);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // An error must not end the thread on which all later requests depend.
    private static void runQuietly(Runnable task) {
        try {
            task.run();
        } catch (Throwable e) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
    }

    /** Ends the thread after the task that it runs, and waits for that unless it is the caller. */
    void end() {
        synchronized (this) {
            ended = true;
            tasks.clear();
            tasks.add(LAST);
        }
        if (Thread.currentThread() != thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.http.Request;
import io.millrace.http.Response;
import java.io.IOException;
import java.util.concurrent.RejectedExecutionException;

/** A request with its response and body, and the way to their loop. Made on the loop. */
final class LoopExchange {
    final Request request;
    final Response response;
    final BodyPublisher body;
    private final Thread loop = Thread.currentThread();
    private Runnable onAborted = () -> {};
    private boolean isAborted;

    LoopExchange(Request request, Response response) {
        this.request = request;
        this.response = response;
        this.body = new BodyPublisher(this);
    }

    /** Runs a task on the loop, at once if the caller is there. Returns whether it will run. */
    boolean onLoop(Runnable task) {
        if (Thread.currentThread() == loop) {
            task.run();
            return true;
        }
        try {
            response.execute(task);
            return true;
        } catch (RejectedExecutionException | IllegalStateException e) {
            return false; // the connection has ended
        }
    }

    /** Sets what to do when the client goes, at once if it has gone. On the loop. */
    void onAborted(Runnable task) {
        onAborted = task;
        if (isAborted) {
            task.run();
        }
    }

    boolean isAborted() {
        return isAborted;
    }

    /** The client has gone. On the loop. */
    void aborted() {
        isAborted = true;
        body.failed(new IOException("the client has gone"));
        onAborted.run();
    }
}

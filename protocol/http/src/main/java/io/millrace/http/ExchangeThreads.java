// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Link;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The threads of an {@link Exchange}: the loop of the link that carries it, the thread of a handler that runs
 * elsewhere, how each reaches the other, and what the handler is told when the server stops. On the loop, where not
 * said otherwise.
 */
abstract class ExchangeThreads extends AnswerWriter {
    private static final VarHandle OVER;

    static {
        try {
            OVER = MethodHandles.lookup().findVarHandle(ExchangeThreads.class, "over", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @SuppressWarnings("NullAway.Init") // beginOn
    private Link link;

    private long begun;
    private boolean shared;

    // A handler on another thread asks. Written with release and not as a volatile, which costs each request a fence.
    private boolean over;

    private boolean stopping;
    private @Nullable List<Runnable> whenStopping;

    // Why no answer is taken any more, though the handler is still at it. Such an exchange is never used again.
    private volatile @Nullable String cutOff;
    private @Nullable Thread runner;

    ExchangeThreads(HttpContext context) {
        super(context);
    }

    final void beginOn(Link carrier) {
        link = carrier;
        begun = carrier.now();
        shared = false;
        over = false;
        stopping = false;
        whenStopping = null;
    }

    /** What carries this exchange. */
    protected final Link link() {
        return link;
    }

    /** Returns the number of bytes of the answer that wait to be sent, or of all that the connection sends. */
    protected long pending() {
        return link.pending();
    }

    /** Returns the nanoseconds since the request began, by the turns of the loop. */
    final long elapsed() {
        return link.now() - begun;
    }

    /** Returns whether all is said: no more is to come from this exchange. Any thread may ask. */
    protected final boolean isOver() {
        return (boolean) OVER.getAcquire(this);
    }

    /** Notes that all is said. */
    final void markOver() {
        OVER.setRelease(this, true);
        fence();
    }

    /** Keeps the order of a write that another thread looks for and a read of what that thread writes. */
    final void fence() {
        if (shared) {
            VarHandle.fullFence();
        }
    }

    // ---- how the loop is reached

    /** Returns whether another thread may hold the request and the response. */
    final boolean isShared() {
        return shared;
    }

    /** Notes that another thread may hold request and response from now on; {@code false} if that was known. */
    final boolean markShared() {
        boolean first = !shared;
        shared = true;
        return first;
    }

    final boolean isInLoop() {
        return link.inLoop();
    }

    /** Whether the caller is on the loop; not asked of the link as long as no other thread can be the caller. */
    final boolean direct() {
        return !shared || link.inLoop();
    }

    /** Runs a task on the loop, at once if the caller is there; {@code false} as {@link #execute}. */
    final boolean onLoop(Runnable task) {
        if (direct()) {
            task.run();
            return true;
        }
        return execute(task);
    }

    /**
     * Runs a task on the loop, soon. Returns {@code false}, and the task does not run, if the loop has been closed:
     * this connection has ended then, and all that was its own has been told so.
     */
    final boolean execute(Runnable task) {
        try {
            link.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Runs what belongs to the application and must not disturb the connection. */
    final void quietly(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            log(e);
        }
    }

    // ---- the thread of a handler that runs elsewhere

    /** Notes the thread that runs the handler, {@code null} when it has returned. On that thread. */
    final synchronized void runner(@Nullable Thread thread) {
        runner = thread;
    }

    final synchronized boolean runs() {
        return runner != null;
    }

    final synchronized void interruptRunner() {
        if (runner != null) {
            runner.interrupt();
        }
    }

    /** Returns why an answer comes too late, {@code null} if it does not. Any thread may ask. */
    final @Nullable String cutOff() {
        return cutOff;
    }

    /** From now on an answer comes too late, for this reason. */
    final void cutOff(String reason) {
        cutOff = reason;
    }

    // ---- the end of the server

    /** The server stops in good order: what would go on without end is told. */
    protected final void serverStops() {
        if (!stopping) {
            stopping = true;
            if (whenStopping != null && !isOver()) {
                List.copyOf(whenStopping).forEach(this::quietly);
            }
        }
    }

    final boolean isStopping() {
        return stopping;
    }

    final void onStopping(Runnable task) {
        if (isOver()) {
            return;
        }
        if (stopping) {
            quietly(task);
            return;
        }
        if (whenStopping == null) {
            whenStopping = new ArrayList<>();
        }
        whenStopping.add(task);
    }
}

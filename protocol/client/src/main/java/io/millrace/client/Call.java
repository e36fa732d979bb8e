// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.Headers;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * A request under way. The public methods may be called by any thread; everything else happens on the call's loop.
 *
 * <pre>
 *   start ─► waiting ─► connecting ─► on a connection ─► complete
 *     ▲                                    │ failed and may be repeated, or redirected
 *     └────────────────────────────────────┘
 * </pre>
 */
public final class Call {

    /** So much of an answer that is not wanted is read, so that its connection can be kept; more is not worth it. */
    private static final long WORTH_READING = 64 * 1024;

    /** What has the call at the moment: the queue, an attempt to connect, a connection. */
    interface Stage {
        /** More of the body is wanted. */
        void resume();

        /** The call is given up: forgets it. */
        void abandon();
    }

    private final ClientLoop loop;
    private final Consumer<Call> starter;

    private long totalAt;
    private boolean begun;
    private RequestPlan plan;
    private ResponseListener listener;
    private Stage stage;
    private long demand;

    /** What is left of a body with a length; -1 if that is not known. */
    private long left = -1;

    private boolean sent;
    private boolean answering;
    private final boolean repeat;
    private boolean repeated;
    private boolean over;
    private boolean starting;

    /** The request to make once this answer has been read. */
    private RequestPlan redirection;

    /** A call on a loop; {@code repeat} if it may be repeated. {@code starter} begins it, and begins it anew. */
    Call(ClientLoop loop, RequestPlan plan, ResponseListener listener, boolean repeat, Consumer<Call> starter) {
        this.loop = loop;
        this.plan = plan;
        this.listener = listener;
        this.repeat = repeat;
        this.starter = starter;
    }

    // ---- for callers

    /**
     * Asks for that many more bytes of the body; {@link Long#MAX_VALUE} for all. No more than that is handed over, and
     * a server that sends faster has to wait.
     *
     * @throws IllegalArgumentException if the number is not positive
     */
    public void request(long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("asked for " + bytes + " bytes");
        }
        onLoop(() -> demand(bytes));
    }

    /** Gives the call up: its connection is closed, and the listener is told {@link HttpFailure.Cancelled}. */
    public void cancel() {
        onLoop(() -> end(new HttpFailure.Cancelled("the call was cancelled", sent, null)));
    }

    /**
     * Wants no more of the answer, and hears no more of it. The rest is read and dropped if it is known to be short, so
     * that the connection can be used again; else the connection is closed.
     */
    public void discard() {
        onLoop(() -> {
            if (!over) {
                listener = Ignored.LISTENER;
                dropRest();
            }
        });
    }

    private void dropRest() {
        if (answering && left >= 0 && left <= WORTH_READING) {
            demand(Long.MAX_VALUE);
        } else {
            end(new HttpFailure.Cancelled("the rest is not wanted", sent, null));
        }
    }

    private void onLoop(Runnable task) {
        if (loop.inLoop()) {
            task.run();
        } else {
            later(task);
        }
    }

    private void later(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            // The loop has been closed, and the call with it.
        }
    }

    // ---- for the loop

    /** The call begins now, for the first time or again: the limit for all of it runs from the first time on. */
    void begin(long now) {
        if (!begun) {
            begun = true;
            totalAt = Timeouts.after(now, plan.times().total());
        }
    }

    RequestPlan plan() {
        return plan;
    }

    long totalAt() {
        return totalAt;
    }

    boolean isOver() {
        return over;
    }

    /** Whether it needs a connection that has not been used before: on a reused one it has failed already. */
    boolean needsFresh() {
        return repeated;
    }

    long demand() {
        return demand;
    }

    void stage(Stage next) {
        stage = next;
    }

    Stage stage() {
        return stage;
    }

    /** Begins the call; what fails at once is told after this method has returned. */
    void start() {
        starting = true;
        starter.accept(this);
        starting = false;
    }

    private void demand(long bytes) {
        demand = demand + bytes < 0 ? Long.MAX_VALUE : demand + bytes;
        if (stage != null) {
            stage.resume();
        }
    }

    /** Bytes of the request are on their way. */
    void sent() {
        sent = true;
    }

    boolean wasSent() {
        return sent;
    }

    void informational(ResponseHead head) {
        try {
            listener.informational(head);
        } catch (Throwable t) {
            broken(t);
        }
    }

    void head(ResponseHead head, long length) {
        answering = true;
        left = length;
        redirection = plan.redirected(head);
        if (redirection != null) {
            if (left >= 0 && left <= WORTH_READING) {
                demand(Long.MAX_VALUE);
            } else {
                abandon();
                redirect();
            }
            return;
        }
        try {
            listener.head(head, this);
        } catch (Throwable t) {
            broken(t);
        }
    }

    void data(byte[] bytes, int offset, int length) {
        left -= left < 0 ? 0 : length;
        demand -= demand == Long.MAX_VALUE ? 0 : length;
        if (redirection != null) {
            return;
        }
        try {
            listener.data(bytes, offset, length);
        } catch (Throwable t) {
            broken(t);
        }
    }

    void complete(Headers trailers) {
        stage = null;
        if (redirection != null) {
            redirect();
            return;
        }
        over = true;
        try {
            listener.complete(trailers);
        } catch (Throwable t) {
            Guarded.failed(t);
        }
    }

    private void redirect() {
        plan = redirection;
        redirection = null;
        demand = 0;
        left = -1;
        answering = false;
        repeated = false;
        sent = false;
        starter.accept(this);
    }

    /** The connection is not HTTP's any more: returns what it is to speak, {@code null} to close it. */
    Protocol upgraded(ResponseHead head) {
        stage = null;
        over = true;
        try {
            return listener.upgraded(head);
        } catch (Throwable t) {
            Guarded.failed(t);
            return null;
        }
    }

    /**
     * The attempt has failed, and what had the call has forgotten it. A call that may be repeated safely begins anew:
     * once, on a new connection, if no byte of an answer has come and either nothing was sent, or the connection was a
     * reused one, the method is idempotent and the body can be sent again.
     */
    void failed(HttpFailure why) {
        stage = null;
        if (over) {
            return;
        }
        if (repeat && !repeated && why instanceof HttpFailure.StaleConnection && isRepeatable(why)) {
            repeated = true;
            sent = false;
            starter.accept(this);
        } else {
            over = true;
            tell(why);
        }
    }

    private boolean isRepeatable(HttpFailure why) {
        return plan.content().repeatable() && (!why.sent() || plan.idempotent());
    }

    /** Ends the call for this reason, wherever it is. */
    void end(HttpFailure why) {
        if (!over) {
            over = true;
            abandon();
            tell(why);
        }
    }

    private void abandon() {
        Stage had = stage;
        stage = null;
        if (had != null) {
            had.abandon();
        }
    }

    private void tell(HttpFailure why) {
        if (starting) {
            later(() -> Guarded.run(() -> listener.failed(why)));
        } else {
            Guarded.run(() -> listener.failed(why));
        }
    }

    private void broken(Throwable t) {
        Guarded.failed(t);
        end(new HttpFailure.Cancelled("the listener failed: " + t, sent, t));
    }

    /** The moment at which a limit of this call passes, {@link Link#NEVER} for none. */
    long until(long now, long nanos) {
        return Math.min(totalAt, Timeouts.after(now, nanos));
    }

    /** Hears of nothing. */
    private static final class Ignored implements ResponseListener {
        static final ResponseListener LISTENER = new Ignored();

        @Override
        public void head(ResponseHead head, Call call) {
            call.cancel();
        }

        @Override
        public void data(byte[] bytes, int offset, int length) {
            // Dropped.
        }

        @Override
        public void complete(Headers trailers) {
            // The connection is free.
        }

        @Override
        public void failed(HttpFailure why) {
            // As good as complete.
        }
    }
}

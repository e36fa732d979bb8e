// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.function.BooleanSupplier;

/**
 * What a handler is given of one exchange: its request, its response, and what it reaches through them. All are valid
 * together or not at all, which one number says; every verb of each looks at it first.
 *
 * <pre>
 *              open            returned, not yet over          over
 *   CLOSED ─────────► thread ─────────────────────────► LOOP ───────► CLOSED       INLINE
 *                       │ defer, read the body            │
 *                       └───────────────► ANY ◄───────────┘                        deferred: as long as it likes
 *                                          │ returned, not deferred
 *                                          └──────────────────────────► CLOSED     elsewhere
 * </pre>
 *
 * <p>An exchange that a handler on the loop answers is used for the next request, perhaps another client's. Its handles
 * would be too, and then one that was kept could not be told from the one just given out. So that a kept one is found
 * out, an exchange gives its handles out in turn, and never again those that
 *
 * <ul>
 *   <li>a handler returned without having answered: this is how a forgotten {@link Response#defer} looks, or
 *   <li>were used when they were not valid, or
 *   <li>have been given out {@link #MOST_USES} times.
 * </ul>
 *
 * <p>What remains is a handler that answers and yet keeps its request or response, and uses it for the first time
 * within the run of another inline handler that was given the same handles, one in {@link #ROTATION}. With the system
 * property {@code io.millrace.http.debug} no handles are given out twice, and nothing remains.
 */
final class Handles {
    /** Number of handles that an exchange gives out in turn; a power of two. */
    static final int ROTATION = 8;

    /** How often one is given out at most. */
    static final int MOST_USES = 512;

    private static final String DEBUG = "io.millrace.http.debug";

    // Who may use these: the thread with that identifier, or one of the following.
    private static final long CLOSED = 0;
    private static final long ANY = -1;
    private static final long LOOP = -2;

    private static final VarHandle OWNER;

    static {
        try {
            OWNER = MethodHandles.lookup().findVarHandle(Handles.class, "owner", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final BooleanSupplier inLoop;
    private final GuardedRequest request;
    private final GuardedResponse response;

    // Read by threads that must not: opaque, so that they see the value of the moment, at no cost.
    @SuppressWarnings("unused") // by its handle
    private long owner;

    private volatile boolean misused;
    private boolean completing;
    private int usesLeft = Boolean.getBoolean(DEBUG) ? 1 : MOST_USES;

    /** Handles of an exchange with these parts; {@code inLoop} says whether the calling thread is its loop's. */
    Handles(Request request, Response response, BooleanSupplier inLoop) {
        this.inLoop = inLoop;
        this.request = new GuardedRequest(this, request);
        this.response = new GuardedResponse(this, response);
    }

    Request request() {
        return request;
    }

    Response response() {
        return response;
    }

    /** Makes these valid for the calling thread. */
    void open() {
        usesLeft--;
        OWNER.setOpaque(this, Thread.currentThread().threadId());
    }

    /** The handler has returned, and the exchange is not over: from now on only the loop may use these. */
    void leaveToLoop() {
        OWNER.setOpaque(this, LOOP);
    }

    /** Makes these valid for every thread. */
    void share() {
        OWNER.setOpaque(this, ANY);
    }

    /** Makes these invalid. */
    void close() {
        OWNER.setOpaque(this, CLOSED);
    }

    /** The exchange tells that it is over, or has done so: the loop may use these meanwhile, though they are closed. */
    void completing(boolean on) {
        completing = on;
    }

    /** Never give these out again: a handler may have kept them. */
    void retire() {
        usesLeft = 0;
    }

    /** Whether these must not be given out again. */
    boolean isSpent() {
        return usesLeft <= 0 || misused;
    }

    /**
     * Refuses a thread that may not use these.
     *
     * @throws IllegalStateException if the exchange is over, or belongs to another thread
     */
    void check() {
        long allowed = (long) OWNER.getOpaque(this);
        if (!admits(allowed) && !admitsLoop(allowed)) {
            refuse(allowed);
        }
    }

    /**
     * Refuses a thread that may not use these while the exchange lasts. For a stream, which serves one exchange alone
     * and says by itself that it is over.
     *
     * @throws IllegalStateException if the exchange belongs to another thread
     */
    void checkThread() {
        long allowed = (long) OWNER.getOpaque(this);
        if (!admits(allowed) && allowed != CLOSED && !inLoop.getAsBoolean()) {
            refuse(allowed);
        }
    }

    /** Whether the calling thread may use these. */
    boolean isValid() {
        long allowed = (long) OWNER.getOpaque(this);
        return admits(allowed) || admitsLoop(allowed);
    }

    private static boolean admits(long allowed) {
        return allowed == Thread.currentThread().threadId() || allowed == ANY;
    }

    private boolean admitsLoop(long allowed) {
        return (allowed != CLOSED || completing) && inLoop.getAsBoolean();
    }

    private void refuse(long allowed) {
        misused = true;
        if (allowed == CLOSED) {
            throw new IllegalStateException(
                    "the exchange is over, and with it its request, response and body: a handler"
                            + " that answers later calls Response.defer() before it returns");
        }
        throw new IllegalStateException(Thread.currentThread() + " uses an exchange that belongs to the thread of its"
                + " handler: call Response.defer() there before another thread is given a part of it");
    }

    /** Handles that an exchange gives out in turn, each made when it is first needed, or needed anew. */
    static final class Rotation {
        private final Request request;
        private final Response response;
        private final BooleanSupplier inLoop;
        private final Handles[] handles = new Handles[ROTATION];
        private Handles current;
        private int turn;

        /** Handles of an exchange with these parts; {@code inLoop} says whether the calling thread is its loop's. */
        Rotation(Request request, Response response, BooleanSupplier inLoop) {
            this.request = request;
            this.response = response;
            this.inLoop = inLoop;
            this.current = new Handles(request, response, inLoop);
            this.handles[turn] = current;
        }

        /** Goes on to the next ones. */
        void next() {
            turn = turn + 1 & ROTATION - 1;
            Handles next = handles[turn];
            if (next == null || next.isSpent()) {
                next = new Handles(request, response, inLoop);
                handles[turn] = next;
            }
            current = next;
        }

        /** Returns those of the request in flight. */
        Handles current() {
            return current;
        }
    }
}

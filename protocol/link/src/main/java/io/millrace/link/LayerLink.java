// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.RecordKeys;
import io.millrace.core.TimeLimit;
import io.millrace.core.Tls;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * The link above a layer. Nothing goes through the layer faster than the other side takes it: output no faster than the
 * link below, input no faster than the protocol; and not all of it in one turn ({@link LayerBudget}).
 *
 * <pre>
 *   opening ──established──► open ──shutdownOutput──► finishing ──all given below──► finished
 *      │                       │ input: END, or the end from below ─► inputClosed
 *      └── run(task): nothing is read and the layer rests until it has been done
 *   any ──layer fails──► broken: what is below leaves, then the link below ends
 * </pre>
 */
final class LayerLink extends LayerReceiver implements LayerContext {
    /** How long a failure's last words to the peer may take. */
    private static final long LAST_WORDS_NANOS = 5_000_000_000L;

    /** What is to be opened once the layer is established. */
    private Protocol inner;

    private boolean isToOpen;
    private Tls session;
    private long deadline = NEVER;
    private long layerDeadline = NEVER;

    LayerLink(Link lower, Layer layer, Protocol inner) {
        super(lower, layer);
        this.inner = inner;
    }

    // ---- from below ----

    void open() {
        layer.opened(this);
        openInner();
        settle();
    }

    @Override
    void openInner() {
        if (isToOpen && broken == null && !dead) {
            isToOpen = false;
            protocol = inner;
            inner = null;
            protocol.opened(this);
        }
    }

    /** Returns how many bytes wait for the protocol, and are held by it. */
    long heldByProtocol() {
        return (in == null ? 0 : in.capacity()) + (protocol == null ? 0 : protocol.heldBytes());
    }

    void drained() {
        if (dead) {
            return;
        }
        pump();
        if (held) {
            moreInput();
            tellEnd();
        }
        tellDrained();
        settle();
    }

    @Override
    void goOn() {
        if (dead || broken != null) {
            return;
        }
        boolean waited = !output.isDone();
        pump();
        if (waited && output.isDone() && lower.pending() == 0) {
            // The layer has kept the last of it: nothing below would ever tell that all has been sent.
            lower.flush();
        }
        if (held) {
            moreInput();
            tellEnd();
        }
        settle();
    }

    void expired() {
        long now = lower.now();
        if (broken != null) {
            lower.close(CloseMode.NOW);
        } else if (layerDeadline <= now) {
            layerDeadline = NEVER;
            layer.expired();
            openInner();
        } else if (deadline <= now) {
            deadline = NEVER;
            tellExpired();
        }
        arm();
        settle();
    }

    private void tellExpired() {
        if (protocol == null) {
            lower.close(CloseMode.NOW);
        } else {
            protocol.expired(this);
        }
    }

    void timedOut(TimeLimit which) {
        if (protocol == null) {
            lower.close(CloseMode.NOW);
        } else if (broken == null) {
            protocol.timedOut(this, which);
        }
    }

    /** Who is not established owes nothing. */
    void shuttingDown() {
        if (protocol == null) {
            lower.close(CloseMode.NOW);
        } else if (broken == null) {
            protocol.shuttingDown(this);
        }
    }

    void closed(CloseCause why) {
        dead = true;
        budget.end();
        output.release();
        if (in != null) {
            ScratchBuffers.give(in);
            in = null;
        }
        try {
            layer.close();
        } catch (Throwable t) {
            LinkLog.error("a layer failed in close()", t);
        }
        if (protocol != null) {
            protocol.closed(broken != null ? broken : why);
        }
    }

    // ---- from the layer ----

    @Override
    public Buffer below() {
        return lower.out();
    }

    @Override
    public void flushBelow() {
        lower.flush();
    }

    @Override
    public void established() {
        isToOpen = true;
    }

    @Override
    public void established(Protocol above) {
        inner = above;
        isToOpen = true;
    }

    @Override
    public void run(Executor executor, Runnable task) {
        running = true;
        lower.pause(true);
        executor.execute(() -> {
            Throwable thrown = null;
            try {
                task.run();
            } catch (Throwable t) {
                thrown = t;
            }
            Throwable failure = thrown;
            try {
                lower.execute(() -> done(failure));
            } catch (RejectedExecutionException e) {
                // The loop has ended, and the link with it.
            }
        });
    }

    private void done(Throwable failure) {
        running = false;
        if (dead || broken != null) {
            return;
        }
        if (failure != null) {
            LinkLog.error("a layer's task failed", failure);
            fail();
            return;
        }
        lower.pause(paused);
        transformIn(new Buffer());
        tellEnd();
        settle();
    }

    @Override
    public void session(Tls made) {
        session = made;
    }

    @Override
    public void fail(CloseCause why) {
        if (broken != null || dead) {
            return;
        }
        broken = why;
        lower.flush();
        lower.deadline(lower.now() + LAST_WORDS_NANOS);
        lower.close(lowerEnded ? CloseMode.FLUSHED : CloseMode.LINGERING);
    }

    // ---- from the protocol ----

    @Override
    public void switchProtocol(Protocol next) {
        if (dead || broken != null) {
            return;
        }
        if (closing == null) {
            deadline(NEVER);
            flow.reset();
            aboveLow = false;
        }
        protocol = next;
        endTold = false;
        execute(this::resume);
        next.opened(this);
    }

    @Override
    public void deadline(long at) {
        deadline = at;
        arm();
    }

    /** Sets the deadline of the layer, beside the protocol's. */
    @Override
    public void layerDeadline(long at) {
        layerDeadline = at;
        arm();
    }

    /** One deadline below carries two above it. */
    private void arm() {
        if (broken == null && !dead) {
            lower.deadline(Math.min(deadline, layerDeadline));
        }
    }

    @Override
    public Flow flow() {
        return flow;
    }

    @Override
    public Tls tls() {
        return session != null ? session : lower.tls();
    }

    @Override
    public boolean protectBelow(RecordKeys keys) {
        return isIdleBelow() && lower.protectOutput(keys);
    }

    @Override
    public boolean isIdleBelow() {
        return lower.pending() == 0;
    }

    @Override
    public void sendRecordBelow(int type, byte[] content) {
        lower.sendRecord(type, content);
    }

    /** What is sent above goes through the layer. */
    @Override
    public boolean protectOutput(RecordKeys keys) {
        return false;
    }

    @Override
    public void sendRecord(int type, byte[] content) {
        throw new IllegalStateException("this link makes no records");
    }
}

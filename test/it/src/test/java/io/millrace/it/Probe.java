// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import java.io.ByteArrayOutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * A protocol that tells a test what happens to it and runs on the link's thread what the test says. Takes all input
 * unless a test overrides {@link #receive}.
 */
class Probe implements Protocol {
    private static final int PATIENCE_SECONDS = 30;

    /** What has been told, in order: "opened", "ended", "drained", "late READ", "closed LOCAL" and so on. */
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    final CompletableFuture<Link> link = new CompletableFuture<>();
    private final ByteArrayOutputStream input = new ByteArrayOutputStream();

    /** Guards against a call from within another: the contract says that there is none. */
    private boolean inCall;

    @Override
    public void opened(Link opened) {
        enter();
        link.complete(opened);
        told.add("opened");
        onOpened(opened);
        leave();
    }

    /** For tests that begin by themselves. */
    void onOpened(Link opened) {}

    @Override
    public final void receive(Buffer in, Link from) {
        enter();
        onInput(in, from);
        leave();
    }

    /** Takes everything; for a test to override. */
    void onInput(Buffer in, Link from) {
        take(in, in.readable());
    }

    /** Consumes so many bytes and keeps them for {@link #awaitInput}. */
    final void take(Buffer in, int count) {
        synchronized (input) {
            input.write(in.array(), in.head(), count);
            input.notifyAll();
        }
        in.consume(count);
    }

    @Override
    public void inputClosed(Link from) {
        tell("ended");
    }

    @Override
    public void drained(Link from) {
        tell("drained");
    }

    @Override
    public void expired(Link from) {
        tell("expired");
    }

    @Override
    public void timedOut(Link from, TimeLimit which) {
        tell("late " + which);
    }

    @Override
    public void closed(CloseCause why) {
        tell("closed " + why);
    }

    private void tell(String what) {
        enter();
        told.add(what);
        leave();
    }

    private void enter() {
        if (inCall) {
            told.add("called from within its own call");
        }
        inCall = true;
    }

    private void leave() {
        inCall = false;
    }

    // ---- the test's side

    /** The link, once it is open. */
    Link link() throws Exception {
        return link.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** Runs something on the link's thread and returns what comes of it. */
    <T> T on(Function<Link, T> action) throws Exception {
        Link at = link();
        CompletableFuture<T> done = new CompletableFuture<>();
        at.execute(() -> {
            try {
                done.complete(action.apply(at));
            } catch (Throwable t) {
                done.completeExceptionally(t);
            }
        });
        try {
            return done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } catch (TimeoutException e) {
            throw new AssertionError("the link's thread did not come by", e);
        }
    }

    /** Waits until {@code what} is told; skips what comes before. */
    void await(String what) throws InterruptedException {
        StringBuilder seen = new StringBuilder();
        while (true) {
            String next = told.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            assertNotNull(next, what + " was never told; told were" + seen);
            if (next.equals(what)) {
                return;
            }
            seen.append(' ').append(next);
        }
    }

    /** Waits until {@code count} bytes have been taken in all, and returns everything so far. */
    byte[] awaitInput(int count) throws InterruptedException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        synchronized (input) {
            while (input.size() < count) {
                long left = TimeUnit.NANOSECONDS.toMillis(giveUp - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("only " + input.size() + " of " + count + " bytes came");
                }
                input.wait(left);
            }
            return input.toByteArray();
        }
    }

    /** Number of bytes taken so far. */
    int taken() {
        synchronized (input) {
            return input.size();
        }
    }
}

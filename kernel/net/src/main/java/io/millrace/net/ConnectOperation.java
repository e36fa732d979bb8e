// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.net.ConnectFailure.Tried;
import io.millrace.net.Connector.Outcome;
import io.millrace.socket.UnixAddress;
import io.millrace.sys.Errno;
import io.millrace.transport.ConnectAttempt;
import io.millrace.transport.Connections;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A connection on its way. Made by {@link Connector#connect}. Everything but {@link #cancel} happens on the loop.
 *
 * <pre>
 *   begin ──name──► resolver, elsewhere ──addresses──► attempt 1 ─────────────────────┐
 *     └───address────────────────────────────────────►   │ failed, or 250 ms          ├─ the first that stands ─► connected,
 *                                                      attempt 2 ─────────────────────┤                          the others closed
 *                                                        │ failed, or 250 ms          │
 *                                                       …  none left, all failed ─────┴──────────────────────► failed
 *   time limit, end of the loop, wherever it is ───────────────────────────────────────────────────────────► failed
 * </pre>
 */
public final class ConnectOperation {
    /**
     * The queue of a Unix socket is full, which no event tells the end of: asked again after so long, then twice as
     * long …
     */
    private static final Duration FIRST_RETRY = Duration.ofMillis(5);

    private static final Duration LAST_RETRY = Duration.ofMillis(200);

    private final Connector how;
    private final EventLoop loop;
    private final SocketAddress to;
    private final Outcome outcome;
    private final Executor lookups;
    private final Deque<SocketAddress> left = new ArrayDeque<>();
    private final List<ConnectAttempt> running = new ArrayList<>();
    private final List<Tried> tried = new ArrayList<>();
    private final Runnable loopEnds = () -> fail("the loop has ended", null);
    private @Nullable Timer limit;
    private @Nullable Timer next;
    private Duration retry = FIRST_RETRY;

    /** Read by the resolver's thread, too: what is not waited for is not looked up. */
    private volatile boolean over;

    ConnectOperation(Connector how, EventLoop loop, SocketAddress to, Outcome outcome, Executor lookups) {
        this.how = how;
        this.loop = loop;
        this.to = to;
        this.outcome = outcome;
        this.lookups = lookups;
    }

    void begin() {
        if (over) {
            return;
        }
        limit = loop.schedule(how.timeLimit(), this::timedOut);
        loop.attach(loopEnds);
        if (to instanceof InetSocketAddress inet && inet.isUnresolved()) {
            beginLookUp(inet.getHostString(), inet.getPort());
        } else {
            left.add(to);
            startNext();
        }
    }

    // ---- the name ----

    private void beginLookUp(String host, int port) {
        try {
            lookups.execute(() -> lookUp(host, port));
        } catch (Throwable t) {
            // No thread for it: who waits for an outcome is not to wait for the time limit.
            fail("the name cannot be looked up: " + t, t);
        }
    }

    /** On a thread that may wait. */
    private void lookUp(String host, int port) {
        if (over) {
            return;
        }
        Runnable found;
        try {
            List<InetAddress> addresses = how.resolver().resolve(host);
            found = () -> resolved(addresses, port);
        } catch (Throwable t) {
            String why = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
            found = () -> fail("the name was not found: " + why, t);
        }
        onLoop(found);
    }

    private void onLoop(Runnable task) {
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            // It has been closed, and the end of the loop has been told.
        }
    }

    private void resolved(List<InetAddress> found, int port) {
        if (over) {
            return;
        }
        if (found == null || found.isEmpty()) {
            fail("the name has no address", null);
            return;
        }
        for (InetAddress address : Addresses.interleaved(found)) {
            if (Addresses.sameFamily(address, how.from())) {
                left.add(new InetSocketAddress(address, port));
            }
        }
        if (left.isEmpty()) {
            fail("none of its " + found.size() + " addresses can be reached from " + how.from(), null);
        } else {
            startNext();
        }
    }

    // ---- the attempts ----

    private void startNext() {
        stopTimer();
        SocketAddress address = left.poll();
        if (over || address == null) {
            return;
        }
        running.add(Connections.of(loop).connect(address, how.from(), this::ended));
        if (!left.isEmpty()) {
            next = loop.schedule(how.attemptDelay(), this::startNext);
        }
    }

    private void ended(ConnectAttempt attempt) {
        if (over) {
            return;
        }
        running.remove(attempt);
        if (attempt.result() == 0) {
            take(attempt);
        } else if (attempt.result() == -Errno.EAGAIN && to instanceof UnixAddress) {
            askAgain();
        } else {
            tried.add(new Tried(attempt.to(), -attempt.result()));
            if (!left.isEmpty()) {
                startNext();
            } else if (running.isEmpty()) {
                fail(null, null);
            }
        }
    }

    private void askAgain() {
        left.add(to);
        next = loop.schedule(retry, this::startNext);
        retry = retry.multipliedBy(2).compareTo(LAST_RETRY) > 0 ? LAST_RETRY : retry.multipliedBy(2);
    }

    /** What is not opened here, the attempt closes. */
    private void take(ConnectAttempt attempt) {
        finish();
        Protocol protocol = outcome.connected(attempt.to());
        if (protocol != null) {
            attempt.open(protocol);
        }
    }

    // ---- the end ----

    private void timedOut() {
        for (ConnectAttempt attempt : running) {
            tried.add(new Tried(attempt.to(), Errno.EINPROGRESS));
        }
        fail("the time limit of " + how.timeLimit().toMillis() + " ms has passed", null);
    }

    private void fail(@Nullable String why, @Nullable Throwable cause) {
        if (!over) {
            finish();
            outcome.failed(new ConnectFailure(to, why, tried, cause));
        }
    }

    private void finish() {
        over = true;
        loop.detach(loopEnds);
        left.clear();
        stopTimer();
        if (limit != null) {
            limit.cancel();
        }
        running.forEach(ConnectAttempt::cancel);
        running.clear();
    }

    private void stopTimer() {
        if (next != null) {
            next.cancel();
            next = null;
        }
    }

    /**
     * Gives it up: no outcome is told any more. Any thread may call; on another one than the loop's the outcome may be
     * on its way already.
     */
    public void cancel() {
        if (loop.inLoop()) {
            finish();
        } else {
            onLoop(this::finish);
        }
    }

    @Override
    public String toString() {
        return "Connecting[" + to + "]";
    }
}

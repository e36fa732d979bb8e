// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An HTTP/1.1 client on event loops.
 *
 * <pre>{@code
 * CollectedResponse answer = client.get("http://127.0.0.1:3000/x").receive(1 << 20);      // waits; not on a loop
 *
 * client.post("http://127.0.0.1:3000/y").header("Content-Type", "application/json")
 *         .body(RequestContent.of(json)).send(listener);                                  // never waits
 * }</pre>
 *
 * <p>A call that begins on one of the client's loops stays on that loop; others go to the loops in turn. Keeps no
 * cookies, caches nothing, decodes nothing and follows no redirection unless a request says so. Any thread may call.
 */
public final class HttpClient implements AutoCloseable {
    private static final AutoCloseable NOTHING = () -> {};
    private static final Duration LONGEST_ABORT = Duration.ofSeconds(10);

    private final List<LoopClient> loops;
    private final ClientOptions options;
    private final TimeoutNanos times;
    private final AutoCloseable owned;
    private final AtomicInteger next = new AtomicInteger();
    private volatile boolean closed;

    /** Makes a client on these loops, which stay the caller's. */
    public HttpClient(List<? extends ClientLoop> loops, ClientOptions options) {
        this(loops, options, NOTHING);
    }

    /**
     * Makes a client on these loops.
     *
     * @param owned is closed with the client, after the last connection: the loops, if they are the client's own
     * @throws IllegalArgumentException if there is no loop
     */
    public HttpClient(List<? extends ClientLoop> loops, ClientOptions options, AutoCloseable owned) {
        if (loops.isEmpty()) {
            throw new IllegalArgumentException("a client needs a loop");
        }
        this.loops = loops.stream().map(loop -> new LoopClient(loop, options)).toList();
        this.options = options;
        this.times = TimeoutNanos.of(options.timeouts());
        this.owned = owned;
    }

    // ---- requests

    /** Returns a GET request, to be completed and sent. */
    public ClientRequest get(String uri) {
        return request("GET", URI.create(uri));
    }

    /** Returns a HEAD request. */
    public ClientRequest head(String uri) {
        return request("HEAD", URI.create(uri));
    }

    /** Returns a POST request. */
    public ClientRequest post(String uri) {
        return request("POST", URI.create(uri));
    }

    /** Returns a PUT request. */
    public ClientRequest put(String uri) {
        return request("PUT", URI.create(uri));
    }

    /** Returns a DELETE request. */
    public ClientRequest delete(String uri) {
        return request("DELETE", URI.create(uri));
    }

    /**
     * Returns a request with any method; path and query are sent as the URI spells them.
     *
     * @throws IllegalArgumentException if the method is no token or the URI not one of http or https with a host
     */
    public ClientRequest request(String method, URI uri) {
        return request(method, Origin.of(uri), RequestPlan.target(uri));
    }

    /**
     * Returns a request with a target that is sent byte by byte as it is given: for proxies, for {@code OPTIONS *}, for
     * CONNECT with {@code host:port}, and for Unix sockets ({@link Origin#at}).
     *
     * @throws IllegalArgumentException if the method is no token, or the target is empty or has characters that end it
     */
    public ClientRequest request(String method, Origin origin, String target) {
        return new ClientRequest(this, method, origin, target);
    }

    // ---- calls

    TimeoutNanos times() {
        return times;
    }

    /** Begins a call. */
    Call send(RequestPlan plan, ResponseListener listener) {
        LoopClient on = pick();
        Call call = new Call(on.loop(), plan, listener, options.retry(), on::start);
        if (on.loop().inLoop()) {
            call.start();
        } else {
            try {
                on.loop().execute(call::start);
            } catch (RejectedExecutionException e) {
                call.failed(new HttpFailure.ClientClosed(false));
            }
        }
        return call;
    }

    private LoopClient pick() {
        for (LoopClient loop : loops) {
            if (loop.loop().inLoop()) {
                return loop;
            }
        }
        return loops.size() == 1 ? loops.getFirst() : loops.get(Math.floorMod(next.getAndIncrement(), loops.size()));
    }

    /**
     * Checks that the calling thread may wait.
     *
     * @throws IllegalStateException if it is the thread of a loop of this client
     */
    void checkMayWait() {
        for (LoopClient loop : loops) {
            if (loop.loop().inLoop()) {
                throw new IllegalStateException("a call that waits would stop its own loop; use send or collect");
            }
        }
    }

    /**
     * Returns the numbers of connections, of calls that wait for one, and of connections without a call, of one loop.
     * Only that loop may call.
     *
     * @param loop the number of the loop in the list that the client was made with
     */
    int[] counts(int loop) {
        return loops.get(loop).counts();
    }

    // ---- the end

    /**
     * Takes no more calls and closes the connections that carry none; calls that wait for a connection fail. Calls
     * under way go on.
     *
     * @return completes when the last connection has ended, on a loop
     */
    public CompletableFuture<Void> drain() {
        closed = true;
        CompletableFuture<?>[] parts = new CompletableFuture<?>[loops.size()];
        for (int i = 0; i < parts.length; i++) {
            LoopClient loop = loops.get(i);
            CompletableFuture<Void> done = new CompletableFuture<>();
            parts[i] = done;
            onLoop(loop, () -> loop.close(() -> done.complete(null)), () -> done.complete(null));
        }
        return CompletableFuture.allOf(parts);
    }

    private static void onLoop(LoopClient on, Runnable task, Runnable refused) {
        try {
            on.loop().execute(task);
        } catch (RejectedExecutionException e) {
            refused.run();
        }
    }

    /**
     * Ends the client: {@link #drain drains} it, ends what is still under way when the grace is over, and closes what
     * the client owns. Waits, so no loop may call.
     *
     * @return whether all calls had ended by themselves
     * @throws IllegalStateException on a loop of this client
     */
    public boolean close(Duration grace) throws InterruptedException {
        checkMayWait();
        CompletableFuture<Void> drained = drain();
        boolean orderly = await(drained, grace);
        if (!orderly) {
            for (LoopClient loop : loops) {
                onLoop(loop, loop::abort, () -> {});
            }
            await(drained, LONGEST_ABORT);
        }
        closeOwned();
        return orderly;
    }

    private static boolean await(CompletableFuture<Void> done, Duration longest) throws InterruptedException {
        try {
            done.get(longest.toNanos(), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private void closeOwned() {
        try {
            owned.close();
        } catch (Exception e) {
            Guarded.failed(e);
        }
    }

    /** Returns whether the client takes no more calls. */
    public boolean isClosed() {
        return closed;
    }

    /** Ends the client at once: {@link #close(Duration)} without grace. */
    @Override
    public void close() {
        try {
            close(Duration.ZERO);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            closeOwned();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.HttpContext;
import io.millrace.http2.Http2Stats;
import io.millrace.link.ProxyProtocol;
import io.millrace.loop.EventLoop;
import io.millrace.loop.LoopCounters;
import io.millrace.models.IoModel;
import io.millrace.tls.TlsContext;
import io.millrace.workers.WorkerCounters;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What can be seen of a {@link WebServer} while it runs. Any thread may call. What a server has only while it runs
 * throws {@link IllegalStateException} before {@link WebServer#start}.
 */
abstract class ServerView {
    final ServerLife life;

    ServerView(ServerLife life) {
        this.life = life;
    }

    /** Returns whether the server is ready for more clients: started, and neither draining nor stopped. */
    public boolean isReady() {
        return life.isReady();
    }

    /** Returns whether the server {@link WebServer#drain drains}. */
    public boolean isDraining() {
        return life.isDraining();
    }

    /**
     * Returns the TCP address that the server listens on, with the port that was chosen where 0 was asked for.
     *
     * @throws IllegalStateException on a Unix socket: see {@link #local}
     */
    public InetSocketAddress address() {
        if (life.local() instanceof InetSocketAddress inet) {
            return inet;
        }
        throw new IllegalStateException(life.local() + " is no TCP address: ask for local()");
    }

    /** Returns the address that the server listens on, of whatever kind. */
    public SocketAddress local() {
        return life.local();
    }

    /** Returns the port that the server listens on. */
    public int port() {
        return address().getPort();
    }

    /**
     * Returns the port that {@link WebServer#redirectFrom} listens on.
     *
     * @throws IllegalStateException if there is none, or the server has not been bound
     */
    public int redirectPort() {
        return life.redirectPort();
    }

    /** Returns the context of the server's TLS, {@code null} for a server in the clear. */
    public TlsContext tls() {
        return life.settings().tls;
    }

    /** Returns the number of connections that are open now. */
    public int connections() {
        return life.listening().connections();
    }

    /** Returns what the server waits with and how many of it, such as {@code "epoll, edge-triggered, 2 loops"}. */
    public String engine() {
        return life.running().engine();
    }

    /**
     * Returns one of the event loops that serve, for timers and other things of the application; what runs on it must
     * not block.
     *
     * @throws IllegalStateException if the server does not run, or its model has no loops
     */
    public EventLoop loop() {
        List<EventLoop> all = life.running().loops();
        if (all.isEmpty()) {
            throw new IllegalStateException("the model " + model() + " has no loops");
        }
        return all.getFirst();
    }

    /** Returns what each event loop has done so far; empty for models that have none. */
    public List<LoopCounters> counters() {
        return life.running().counters();
    }

    /**
     * Measures how long each event loop takes to come to a task, and waits for that, at most {@code limit}.
     *
     * @return nanoseconds for each loop; -1 where the loop did not come to it in time, which a handler that blocks it
     *     may be the reason of. Empty for models without loops.
     * @throws IllegalStateException on one of the server's loops, or if the server is not started
     */
    public long[] loopLag(Duration limit) throws InterruptedException {
        return life.running().lag(limit);
    }

    /** Returns what HTTP/2 connections did so far and what was refused to them. Any thread may ask at any time. */
    public Http2Stats http2Stats() {
        return life.settings().http2Stats;
    }

    /** Returns the rule of the PROXY protocol, with its counts; {@code null} if it is not spoken. */
    public ProxyProtocol proxyProtocol() {
        return life.settings().proxyProtocol;
    }

    /** Returns what has become of the worker processes; empty for models that have none. */
    public Optional<WorkerCounters> workers() {
        return life.running().workers();
    }

    /**
     * Sets whether loops take the times that {@link #counters} tells. Off by default, for it costs two looks at the
     * clock for each callback.
     */
    public void timing(boolean on) {
        life.running().timing(on);
    }

    /**
     * Returns what connections of this server share: who answers, limits, error handlers. For what brings requests by
     * another way than a connection, such as a test; may be asked whether the server runs or not.
     */
    public HttpContext context() {
        return life.settings().context(new AtomicBoolean());
    }

    /** Returns the I/O model. */
    public IoModel model() {
        return life.settings().model();
    }

    /** Returns the number of loops, for models that have some. */
    public int loops() {
        return life.settings().loops();
    }

    /**
     * Closes the port and {@link WebServer#drain drains}: clients that come are refused as soon as each loop has seen
     * it, connections that are open are answered once more. Returns at once; {@link WebServer#stop} is to follow.
     * Without effect unless the server runs. Any thread may call.
     */
    public void stopAccepting() {
        life.stopAccepting();
    }

    /**
     * Replaces the worker processes of PREFORK by new ones without refusing a connection; does nothing for other
     * models.
     */
    public void reload() {
        life.running().reload();
    }

    /**
     * Waits until the server has stopped.
     *
     * @throws IllegalStateException if it could not go on, with the reason as its cause
     */
    public void await() throws InterruptedException {
        life.running().await();
    }
}

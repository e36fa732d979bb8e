// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.client.ClientLoop.Outcome;
import io.millrace.client.ClientLoop.Pending;
import io.millrace.core.Protocol;
import java.io.IOException;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** The client's part on one loop: its pools, and which call gets which connection. On the loop only. */
final class LoopClient implements ClientConnection.Owner {
    private final ClientLoop loop;
    private final ClientOptions options;
    private final Map<Origin, OriginPool> pools = new HashMap<>();
    private final Set<ClientConnection> connections = new HashSet<>();
    private final Set<Opening> openings = new HashSet<>();

    /** Idle connections of all pools, the one that has been idle for longest first. */
    private final LinkedHashSet<ClientConnection> idle = new LinkedHashSet<>();

    /** Calls that wait for a connection, of all pools, in the order in which they came. */
    private final LinkedHashSet<Waiting> queue = new LinkedHashSet<>();

    /** Pools for which calls wait. */
    private final Set<OriginPool> crowded = new HashSet<>();

    private long numbers;
    private int open;
    private boolean serving;
    private boolean closing;
    private Runnable whenEmpty;

    LoopClient(ClientLoop loop, ClientOptions options) {
        this.loop = loop;
        this.options = options;
    }

    ClientLoop loop() {
        return loop;
    }

    /** Begins a call, or begins it anew. */
    void start(Call call) {
        call.begin(loop.now());
        if (call.isOver()) {
            return;
        }
        if (closing) {
            call.failed(new HttpFailure.ClientClosed(false));
            return;
        }
        OriginPool pool = pools.computeIfAbsent(call.plan().origin(), OriginPool::new);
        if (pool.waiting.isEmpty() && begin(pool, call)) {
            return;
        }
        if (queue.size() >= options.pool().waiting()) {
            drop(pool);
            call.failed(new HttpFailure.NoCapacity("too many calls wait for a connection"));
            return;
        }
        new Waiting(call, pool).begin();
    }

    /** Gives the call a connection if one may be had now. */
    private boolean begin(OriginPool pool, Call call) {
        ClientConnection reused = call.needsFresh() ? null : pool.idle.pollLast();
        if (reused != null) {
            idle.remove(reused);
            reused.carry(call);
            return true;
        }
        if (!mayOpen(pool)) {
            makeRoom(pool);
            return false;
        }
        new Opening(call, pool).begin();
        return true;
    }

    private boolean mayOpen(OriginPool pool) {
        return pool.open < options.pool().perOrigin() && open < options.pool().total();
    }

    /** Lets the connection go that has been idle for longest, in the pool if that is full, else of all. */
    private void makeRoom(OriginPool pool) {
        ClientConnection oldest = pool.open >= options.pool().perOrigin()
                ? pool.idle.peekFirst()
                : idle.isEmpty() ? null : idle.getFirst();
        if (oldest != null) {
            oldest.leave();
        }
    }

    // ---- connections

    @Override
    public void idle(ClientConnection connection) {
        OriginPool pool = connection.pool();
        if (closing) {
            connection.leave();
        } else if (pool.waiting.isEmpty() && !othersWait()) {
            pool.idle.addLast(connection);
            idle.add(connection);
        } else {
            handOver(connection, pool);
        }
    }

    /** Whether calls of other pools wait because there are too many connections in all. */
    private boolean othersWait() {
        return open >= options.pool().total() && !queue.isEmpty();
    }

    // The call that has waited longest goes first. One of another origin, or one that needs a new connection, gets the
    // place of this one once that has ended.
    private void handOver(ClientConnection connection, OriginPool pool) {
        Waiting first = othersWait() ? queue.getFirst() : firstOf(pool);
        if (first.pool != pool || first.call.needsFresh()) {
            connection.leave();
        } else {
            first.end();
            connection.carry(first.call);
        }
    }

    private static Waiting firstOf(OriginPool pool) {
        return (Waiting) pool.waiting.getFirst().stage();
    }

    @Override
    public void leaving(ClientConnection connection) {
        if (idle.remove(connection)) {
            connection.pool().idle.remove(connection);
        }
    }

    @Override
    public void gone(ClientConnection connection) {
        leaving(connection);
        if (connections.remove(connection)) {
            freed(connection.pool());
        }
    }

    private void freed(OriginPool pool) {
        pool.open--;
        open--;
        serve();
        drop(pool);
        if (open == 0 && whenEmpty != null) {
            whenEmpty.run();
        }
    }

    private void drop(OriginPool pool) {
        if (pool.isEmpty()) {
            pools.remove(pool.origin(), pool);
        }
    }

    /** A place is free: calls that wait may have it. */
    private void serve() {
        if (serving) {
            return;
        }
        serving = true;
        for (Waiting next = servable(); next != null; next = servable()) {
            next.end();
            begin(next.pool, next.call);
        }
        serving = false;
    }

    // The one that has waited longest among the first ones of all pools that may have a connection now.
    private Waiting servable() {
        Waiting found = null;
        for (OriginPool pool : crowded) {
            Waiting first = firstOf(pool);
            boolean may = mayOpen(pool) || (!pool.idle.isEmpty() && !first.call.needsFresh());
            if (may && (found == null || first.number < found.number)) {
                found = first;
            }
        }
        return found;
    }

    // ---- the end

    /** Takes no more calls, ends those that wait and the idle connections, and says when the others have ended. */
    void close(Runnable done) {
        closing = true;
        whenEmpty = done;
        for (Waiting waiting : queue.toArray(Waiting[]::new)) {
            waiting.call.end(new HttpFailure.ClientClosed(false));
        }
        for (ClientConnection connection : idle.toArray(ClientConnection[]::new)) {
            connection.leave();
        }
        if (open == 0) {
            done.run();
        }
    }

    /** Ends the calls that are still under way. */
    void abort() {
        for (Opening opening : openings.toArray(Opening[]::new)) {
            opening.call.end(new HttpFailure.ClientClosed(false));
        }
        for (ClientConnection connection : connections.toArray(ClientConnection[]::new)) {
            connection.end(new HttpFailure.ClientClosed(true));
        }
    }

    /** Returns the number of connections, of calls that wait, and of idle connections. */
    int[] counts() {
        return new int[] {open, queue.size(), idle.size()};
    }

    /** A call in the queue. */
    private final class Waiting implements Call.Stage {
        private final Call call;
        private final OriginPool pool;
        private final long number = numbers++;
        private Pending timer;

        Waiting(Call call, OriginPool pool) {
            this.call = call;
            this.pool = pool;
        }

        void begin() {
            pool.waiting.add(call);
            crowded.add(pool);
            queue.add(this);
            call.stage(this);
            long now = loop.now();
            long at = call.until(now, Timeouts.nanos(options.pool().waitTime()));
            if (at != io.millrace.core.Link.NEVER) {
                timer = loop.schedule(Math.max(1, at - now), this::expired);
            }
        }

        void end() {
            pool.waiting.remove(call);
            if (pool.waiting.isEmpty()) {
                crowded.remove(pool);
            }
            queue.remove(this);
            if (timer != null) {
                timer.cancel();
            }
            call.stage(null);
        }

        private void expired() {
            timer = null;
            end();
            drop(pool);
            call.failed(
                    loop.now() >= call.totalAt()
                            ? new HttpFailure.TimedOut(HttpFailure.Limit.TOTAL, false)
                            : new HttpFailure.NoCapacity("the call has waited for a connection for too long"));
        }

        @Override
        public void resume() {
            // Nothing comes yet.
        }

        @Override
        public void abandon() {
            end();
            drop(pool);
        }
    }

    /** A connection on its way, for a call. */
    private final class Opening implements Call.Stage, Outcome {
        private final Call call;
        private final OriginPool pool;
        private Pending pending;
        private long until;

        Opening(Call call, OriginPool pool) {
            this.call = call;
            this.pool = pool;
        }

        void begin() {
            pool.open++;
            open++;
            openings.add(this);
            call.stage(this);
            long now = loop.now();
            until = call.until(now, call.plan().times().connect());
            try {
                pending = loop.connect(pool.origin(), Math.max(1, until - now), this);
            } catch (RuntimeException e) {
                end();
                call.failed(new HttpFailure.ConnectFailed("no connection can be opened: " + e.getMessage(), e));
            }
        }

        @Override
        public Protocol connected() {
            openings.remove(this);
            ClientConnection connection = new ClientConnection(LoopClient.this, pool, options);
            connections.add(connection);
            connection.carry(call);
            loop.execute(connection::checkOpened);
            return connection;
        }

        @Override
        public void failed(IOException why) {
            end();
            call.failed(failure(why));
        }

        private HttpFailure failure(IOException why) {
            long now = loop.now();
            if (why instanceof HttpFailure known) {
                return known;
            }
            if (now >= call.totalAt()) {
                return new HttpFailure.TimedOut(HttpFailure.Limit.TOTAL, false);
            }
            if (now >= until) {
                return new HttpFailure.TimedOut(HttpFailure.Limit.CONNECT, false);
            }
            return why.getCause() instanceof UnknownHostException
                    ? new HttpFailure.UnknownHost(why.getMessage(), why)
                    : new HttpFailure.ConnectFailed(why.getMessage(), why);
        }

        private void end() {
            if (openings.remove(this)) {
                call.stage(null);
                freed(pool);
            }
        }

        @Override
        public void resume() {
            // Nothing comes yet.
        }

        @Override
        public void abandon() {
            if (pending != null) {
                pending.cancel();
            }
            end();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;

/**
 * Runs parts of plans for a {@link Coordinator} on another machine, over a {@link SealedChannel}:
 *
 * <pre>
 *   agent       ─► {"ready": true}
 *   coordinator ─► {"plan": {…}}
 *   agent       ─► {"progress": {…}}  about once a second
 *   agent       ─► {"result": {…}} or, at any time, {"error": "…"}
 * </pre>
 *
 * <p>An agent sends requests wherever its coordinator wants. So it listens on the loopback address unless told
 * otherwise, and then wants a token that only coordinators know. Who has not proved that yet costs a socket and 64
 * bytes, for a few seconds; of many such connections the oldest are closed. A coordinator that closes its connection,
 * or is silent for {@link Heartbeat#SILENCE}, ends its run.
 *
 * <p>Orders are few and blocking suits them: plain sockets, a virtual thread each.
 */
public final class LoadAgent implements AutoCloseable {
    /** Connections of those who have not proved that they know the token. */
    static final int MOST_STRANGERS = 32;

    /** Connections of those who have: one may run something, the others are told so. */
    static final int MOST_COORDINATORS = 16;

    /** A shorter token is found by trying. */
    private static final int SHORTEST_TOKEN = 16;

    private static final long FIRST_PAUSE_MILLIS = 10;
    private static final long LAST_PAUSE_MILLIS = 1000;

    /**
     * How long a coordinator is waited for.
     *
     * @param proof until it has proved that it knows the token
     * @param order until all of its plan has come
     * @param silence for a sign that it is still there
     */
    record Patience(Duration proof, Duration order, Duration silence) {
        static final Patience USUAL = new Patience(Duration.ofSeconds(5), Duration.ofSeconds(60), Heartbeat.SILENCE);
    }

    /** Waits between two attempts to accept. */
    interface Pause {
        void millis(long count) throws InterruptedException;
    }

    private final ServerSocket server;
    private final String token;
    private final Patience patience;
    private final Pause pause;

    /** One run at a time: two would measure each other. */
    private final Semaphore free = new Semaphore(1);

    private final Semaphore coordinators = new Semaphore(MOST_COORDINATORS);

    /** The oldest first. */
    private final Set<Socket> strangers = new LinkedHashSet<>();

    private LoadAgent(ServerSocket server, String token, Patience patience, Pause pause) {
        this.server = server;
        this.token = token;
        this.patience = patience;
        this.pause = pause;
    }

    /**
     * Listens for orders.
     *
     * @param token what coordinators have to know; empty for nothing, on the loopback address only
     * @throws IOException if the address cannot be had
     * @throws IllegalArgumentException for an agent that any program could use: one that others can reach, and a token
     *     of fewer than 16 characters
     */
    public static LoadAgent listen(InetSocketAddress address, String token) throws IOException {
        if (token.length() < SHORTEST_TOKEN && !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("an agent that others can reach needs a token of at least "
                    + SHORTEST_TOKEN + " characters, which nobody can guess");
        }
        ServerSocket server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(address);
        return start(server, token, Patience.USUAL, Thread::sleep);
    }

    static LoadAgent start(ServerSocket server, String token, Patience patience, Pause pause) {
        LoadAgent agent = new LoadAgent(server, token, patience, pause);
        Thread.ofPlatform().daemon().name("millrace-agent").start(agent::accept);
        return agent;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    // ---- connections

    /**
     * What fails for want of descriptors or memory fails again at once: so after a pause, which grows up to a second.
     */
    private void accept() {
        long millis = 0;
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                millis = 0;
                letIn(socket);
                Thread.startVirtualThread(() -> serve(socket));
            } catch (IOException | RuntimeException e) {
                millis = Math.clamp(2 * millis, FIRST_PAUSE_MILLIS, LAST_PAUSE_MILLIS);
                if (!rest(millis)) {
                    return;
                }
            }
        }
    }

    private boolean rest(long millis) {
        try {
            pause.millis(millis);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void letIn(Socket socket) {
        synchronized (strangers) {
            strangers.add(socket);
            if (strangers.size() > MOST_STRANGERS) {
                Iterator<Socket> oldest = strangers.iterator();
                close(oldest.next());
                oldest.remove();
            }
        }
    }

    private void noStranger(Socket socket) {
        synchronized (strangers) {
            strangers.remove(socket);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is gone in any case.
        }
    }

    private void serve(Socket socket) {
        try (socket;
                SealedChannel channel = SealedChannel.accept(socket, token, patience.proof())) {
            noStranger(socket);
            if (coordinators.tryAcquire()) {
                try {
                    obey(channel);
                } finally {
                    coordinators.release();
                }
            }
        } catch (IOException e) {
            // A stranger, or a coordinator that has gone: no client is left to tell.
        } finally {
            noStranger(socket);
        }
    }

    // ---- one order

    private void obey(SealedChannel channel) throws IOException {
        Load load = free.tryAcquire() ? order(channel) : refused(channel, "busy with another run");
        if (load != null) {
            Thread.startVirtualThread(() -> run(load, channel));
        }
        try {
            untilGone(channel);
        } finally {
            if (load != null) {
                load.abandon();
            }
        }
    }

    /** The run that is wanted; {@code null} if there is none, which the coordinator has been told. */
    private Load order(SealedChannel channel) throws IOException {
        Load load = null;
        String refusal;
        try {
            channel.send(line("ready", true));
            load = new Load(LoadJson.plan(LoadJson.object(parse(channel.receive(patience.order())), "plan")));
            return load;
        } catch (RuntimeException e) {
            refusal = String.valueOf(e.getMessage());
        } finally {
            if (load == null) {
                free.release();
            }
        }
        return refused(channel, refusal);
    }

    static Map<String, Object> parse(byte[] said) {
        try {
            Map<String, Object> json = JSON.std.mapFrom(said);
            if (json != null) {
                return json;
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("not understood: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException("not understood: nothing was said");
    }

    private static Load refused(SealedChannel channel, String why) throws IOException {
        channel.send(line("error", why));
        channel.finish();
        return null;
    }

    /** Returns by the exception that the end of the connection, or silence, is. */
    private void untilGone(SealedChannel channel) throws IOException {
        while (true) {
            channel.receive(patience.silence());
        }
    }

    private void run(Load load, SealedChannel channel) {
        byte[] answer;
        try (Heartbeat _ = new Heartbeat(channel)) {
            answer = line("result", LoadJson.of(load.run(progress -> report(channel, load, progress))));
        } catch (IOException | RuntimeException e) {
            answer = line("error", String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            answer = line("error", "interrupted");
        } finally {
            // Before the answer: a coordinator that has it may send the next order.
            free.release();
        }
        try {
            channel.send(answer);
            channel.finish();
        } catch (IOException e) {
            // The coordinator has gone.
        }
    }

    private static void report(SealedChannel channel, Load load, LoadProgress progress) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("requests", progress.requests());
        json.put("failures", progress.failures());
        json.put("bytesIn", progress.bytesIn());
        json.put("connections", progress.connections());
        json.put("recent", LoadJson.encode(progress.recent()));
        try {
            channel.send(line("progress", json));
        } catch (IOException e) {
            load.abandon();
        }
    }

    static byte[] line(String name, Object value) {
        try {
            return JSON.std.asBytes(Map.of(name, value));
        } catch (IOException e) {
            throw new AssertionError("text into memory", e);
        }
    }

    /** Takes no more orders; a run that has begun goes on. */
    @Override
    public void close() throws IOException {
        server.close();
    }
}

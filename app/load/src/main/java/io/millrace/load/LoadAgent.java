// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * Runs parts of plans for a {@link Coordinator} on another machine. One line of JSON each way:
 *
 * <pre>
 *   coordinator ─► {"token": "…", "plan": {…}}
 *   agent       ─► {"progress": {…}}  about once a second
 *   agent       ─► {"result": {…}} or {"error": "…"}
 * </pre>
 *
 * <p>Who can reach an agent can make it send requests anywhere. So it listens on the loopback address unless told
 * otherwise, and then wants a token that only coordinators know. A coordinator that goes away ends its run.
 *
 * <p>Orders are few and blocking suits them: plain sockets, a virtual thread each.
 */
public final class LoadAgent implements AutoCloseable {
    private static final int LONGEST_ORDER = 32 << 20;
    private static final int ORDER_MILLIS = 10_000;

    private final ServerSocket server;
    private final String token;

    /** One run at a time: two would measure each other. */
    private final Semaphore free = new Semaphore(1);

    private LoadAgent(ServerSocket server, String token) {
        this.server = server;
        this.token = token;
    }

    /**
     * Listens for orders.
     *
     * @param token what coordinators have to know; empty for nothing, on the loopback address only
     * @throws IOException if the address cannot be had
     * @throws IllegalArgumentException for an agent that anybody could use
     */
    public static LoadAgent listen(InetSocketAddress address, String token) throws IOException {
        if (token.isEmpty() && !address.getAddress().isLoopbackAddress()) {
            throw new IllegalArgumentException("an agent that others can reach needs a token");
        }
        ServerSocket server = new ServerSocket();
        server.setReuseAddress(true);
        server.bind(address);
        LoadAgent agent = new LoadAgent(server, token);
        Thread.ofPlatform().daemon().name("millrace-agent").start(agent::accept);
        return agent;
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket socket = server.accept();
                Thread.startVirtualThread(() -> serve(socket));
            } catch (IOException e) {
                // Closed, or this connection was gone before it was taken: the next one may be better.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                PrintWriter out = new PrintWriter(socket.getOutputStream(), true, StandardCharsets.UTF_8)) {
            socket.setSoTimeout(ORDER_MILLIS);
            String answer;
            try {
                answer = obey(order(in), socket, in, out);
            } catch (IllegalArgumentException | IOException e) {
                answer = line("error", e.getMessage());
            }
            out.println(answer);
        } catch (IOException e) {
            // The coordinator has gone: nobody is left to tell.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Map<String, Object> order(BufferedReader in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
            line.append((char) c);
            if (line.length() > LONGEST_ORDER) {
                throw new IOException("the order is too long");
            }
        }
        Map<String, Object> order = JSON.std.mapFrom(line.toString());
        if (order == null) {
            throw new IOException("no order");
        }
        byte[] given = String.valueOf(order.get("token")).getBytes(StandardCharsets.UTF_8);
        if (!token.isEmpty() && !MessageDigest.isEqual(given, token.getBytes(StandardCharsets.UTF_8))) {
            throw new IOException("wrong token");
        }
        return order;
    }

    private String obey(Map<String, Object> order, Socket socket, BufferedReader in, PrintWriter out)
            throws IOException, InterruptedException {
        Load load = new Load(LoadJson.plan(LoadJson.object(order, "plan")));
        if (!free.tryAcquire()) {
            throw new IOException("busy with another run");
        }
        try {
            socket.setSoTimeout(0);
            Thread.startVirtualThread(() -> stopWhenGone(in, load));
            LoadResult result = load.run(progress -> out.println(progressLine(progress)));
            return line("result", LoadJson.of(result));
        } finally {
            free.release();
        }
    }

    private static void stopWhenGone(BufferedReader in, Load load) {
        try {
            while (in.read() >= 0) {
                // Nothing more is said after the order.
            }
        } catch (IOException e) {
            // Gone as well.
        }
        load.stop();
    }

    private static String progressLine(LoadProgress progress) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("requests", progress.requests());
        json.put("failures", progress.failures());
        json.put("bytesIn", progress.bytesIn());
        json.put("connections", progress.connections());
        json.put("recent", LoadJson.encode(progress.recent()));
        return line("progress", json);
    }

    private static String line(String name, Object value) {
        try {
            return JSON.std.asString(Map.of(name, value));
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

// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.zip.DataFormatException;

/**
 * Splits a plan among {@link LoadAgent agents} and puts their results together: connections, rate and bystanders are
 * shared equally, and histograms are added, which percentiles could not be.
 */
public final class Coordinator {
    private static final int CONNECT_MILLIS = 5_000;

    private final List<InetSocketAddress> agents;
    private final String token;
    private final LoadProgress[] latest;
    private final List<Socket> sockets = new ArrayList<>();

    /** A coordinator of these agents, which all know the token. */
    public Coordinator(List<InetSocketAddress> agents, String token) {
        if (agents.isEmpty()) {
            throw new IllegalArgumentException("no agents");
        }
        this.agents = List.copyOf(agents);
        this.token = token;
        this.latest = new LoadProgress[agents.size()];
    }

    /**
     * Runs a plan on all agents at once and waits for its end. Once.
     *
     * @param progress is told how it goes, once all have begun, on threads of the coordinator's own, one at a time
     * @throws IOException if one of the agents cannot be reached, refuses, or fails: says which and why; the others are
     *     ended
     */
    public LoadResult run(LoadPlan plan, Consumer<LoadProgress> progress) throws IOException, InterruptedException {
        if (plan.clients().connections() < agents.size()) {
            throw new IllegalArgumentException("fewer connections than agents");
        }
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                connect();
                List<Future<LoadResult>> parts = new ArrayList<>();
                for (int i = 0; i < agents.size(); i++) {
                    int index = i;
                    parts.add(each.submit(() -> one(index, plan.share(index, agents.size()), progress)));
                }
                return together(parts, plan);
            } finally {
                // Whoever is still running sees the end of the connection and stops.
                disconnect();
            }
        }
    }

    private synchronized void connect() throws IOException {
        for (InetSocketAddress agent : agents) {
            Socket socket = new Socket();
            sockets.add(socket);
            try {
                socket.connect(agent, CONNECT_MILLIS);
            } catch (IOException e) {
                throw new IOException("agent " + name(agent) + ": " + e.getMessage(), e);
            }
        }
    }

    private static String name(InetSocketAddress agent) {
        return agent.getHostString() + ":" + agent.getPort();
    }

    /** Breaks the run off: {@link #run} throws, and the agents end their parts. Any thread may call. */
    public void stop() {
        disconnect();
    }

    private synchronized void disconnect() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is gone in any case.
            }
        }
    }

    private LoadResult together(List<Future<LoadResult>> parts, LoadPlan plan)
            throws IOException, InterruptedException {
        LoadResult sum = null;
        for (Future<LoadResult> part : parts) {
            try {
                sum = sum == null ? part.get() : sum.plus(part.get(), plan);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            }
        }
        return sum.plus(new LoadResult(plan, sum.duration(), 0, new Tally()), plan);
    }

    private LoadResult one(int index, LoadPlan part, Consumer<LoadProgress> progress) throws IOException {
        Socket socket = sockets.get(index);
        String who = "agent " + name(agents.get(index)) + ": ";
        Map<String, Object> order = new LinkedHashMap<>();
        order.put("token", token);
        order.put("plan", LoadJson.of(part));
        socket.getOutputStream().write((JSON.std.asString(order) + "\n").getBytes(StandardCharsets.UTF_8));
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> said = JSON.std.mapFrom(line);
            if (said.containsKey("result")) {
                return LoadJson.result(LoadJson.object(said, "result"));
            }
            if (said.containsKey("error")) {
                throw new IOException(who + said.get("error"));
            }
            report(index, progress(LoadJson.object(said, "progress")), progress);
        }
        throw new IOException(who + "went away before the end");
    }

    private static LoadProgress progress(Map<String, Object> json) throws IOException {
        try {
            return new LoadProgress(
                    ((Number) json.get("requests")).longValue(),
                    ((Number) json.get("failures")).longValue(),
                    ((Number) json.get("bytesIn")).longValue(),
                    ((Number) json.get("connections")).intValue(),
                    LoadJson.decode((String) json.get("recent")));
        } catch (DataFormatException e) {
            throw new IOException("a report that cannot be read", e);
        }
    }

    private synchronized void report(int index, LoadProgress one, Consumer<LoadProgress> progress) {
        latest[index] = one;
        LoadProgress sum = null;
        for (LoadProgress each : latest) {
            if (each == null) {
                return;
            }
            sum = sum == null ? each : sum.plus(each);
        }
        progress.accept(sum);
    }
}

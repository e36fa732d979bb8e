// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.zip.DataFormatException;

/**
 * Splits a plan among {@link LoadAgent agents} and puts their results together: connections, rate and bystanders are
 * shared equally, and histograms are added, which percentiles could not be.
 */
public final class Coordinator {
    private static final int CONNECT_MILLIS = 5_000;

    /** How long an agent may take to prove that it knows the token. */
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final List<InetSocketAddress> agents;
    private final String token;
    private final LoadProgress[] latest;
    private final List<Socket> sockets = new ArrayList<>();
    private final AtomicReference<IOException> failure = new AtomicReference<>();
    private boolean stopped;

    /**
     * A coordinator of these agents, which all know the token.
     *
     * @throws IllegalArgumentException without agents
     */
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
     * @throws IOException if one of the agents cannot be reached, does not know the token, refuses, fails, or is silent
     *     for 15 s: says which and why; the others are ended
     * @throws IllegalArgumentException if the plan has fewer connections than there are agents
     */
    public LoadResult run(LoadPlan plan, Consumer<LoadProgress> progress) throws IOException, InterruptedException {
        if (plan.clients().connections() < agents.size()) {
            throw new IllegalArgumentException("fewer connections than agents");
        }
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                List<SealedChannel> channels = all(each, this::open);
                List<LoadResult> results =
                        all(each, index -> ask(index, channels.get(index), plan.share(index, agents.size()), progress));
                return together(results, plan);
            } finally {
                // An agent that is still running sees the end of the connection and stops.
                disconnect();
            }
        }
    }

    /** What has to be done for the agent of an index. */
    private interface Part<T> {
        T of(int index) throws IOException;
    }

    /** Does it for all agents at once. If one fails the others are ended, whose failures then say nothing more. */
    private <T> List<T> all(ExecutorService each, Part<T> part) throws IOException, InterruptedException {
        List<Future<T>> under = new ArrayList<>();
        for (int i = 0; i < agents.size(); i++) {
            int index = i;
            under.add(each.submit(() -> named(index, part)));
        }
        List<T> done = new ArrayList<>();
        for (Future<T> one : under) {
            try {
                done.add(one.get());
            } catch (ExecutionException e) {
                throw failure.get() != null ? failure.get() : new IOException(e.getCause());
            }
        }
        return done;
    }

    private <T> T named(int index, Part<T> part) throws IOException {
        try {
            return part.of(index);
        } catch (IOException | RuntimeException e) {
            IOException named = new IOException("agent " + name(agents.get(index)) + ": " + text(e), e);
            failure.compareAndSet(null, named);
            disconnect();
            throw named;
        }
    }

    private static String text(Exception e) {
        return switch (e) {
            case EOFException _ -> "went away before the end";
            case SocketTimeoutException _ -> "has not answered in time";
            default -> String.valueOf(e.getMessage());
        };
    }

    private static LoadResult together(List<LoadResult> parts, LoadPlan plan) {
        LoadResult sum = parts.getFirst();
        for (LoadResult part : parts.subList(1, parts.size())) {
            sum = sum.plus(part, plan);
        }
        return sum.plus(new LoadResult(plan, sum.duration(), 0, new Counters()), plan);
    }

    private static String name(InetSocketAddress agent) {
        return agent.getHostString() + ":" + agent.getPort();
    }

    // ---- the connections

    /** A connection to an agent that knows the token and is free. */
    private SealedChannel open(int index) throws IOException {
        Socket socket = new Socket();
        keep(socket);
        socket.connect(agents.get(index), CONNECT_MILLIS);
        SealedChannel channel = SealedChannel.open(socket, token, ANSWER);
        said(channel, "ready");
        return channel;
    }

    private synchronized void keep(Socket socket) throws IOException {
        if (stopped) {
            throw new IOException("broken off");
        }
        sockets.add(socket);
    }

    /** Breaks the run off: {@link #run} throws, and the agents end their parts. Any thread may call. */
    public void stop() {
        failure.compareAndSet(null, new IOException("broken off"));
        disconnect();
    }

    private synchronized void disconnect() {
        stopped = true;
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // It is gone in any case.
            }
        }
    }

    // ---- what is said

    private LoadResult ask(int index, SealedChannel channel, LoadPlan part, Consumer<LoadProgress> progress)
            throws IOException {
        channel.send(LoadAgent.line("plan", LoadJson.of(part)));
        try (Heartbeat _ = new Heartbeat(channel)) {
            while (true) {
                Map<String, Object> said = said(channel, null);
                if (said.containsKey("result")) {
                    return LoadJson.result(LoadJson.object(said, "result"));
                }
                report(index, progress(LoadJson.object(said, "progress")), progress);
            }
        }
    }

    /** What an agent says next; {@code wanted} is what it has to be, {@code null} for anything but an error. */
    private static Map<String, Object> said(SealedChannel channel, String wanted) throws IOException {
        byte[] record = {};
        while (record.length == 0) {
            record = channel.receive(Heartbeat.SILENCE);
        }
        Map<String, Object> said = LoadAgent.parse(record);
        if (said.containsKey("error")) {
            throw new IOException(String.valueOf(said.get("error")));
        }
        if (wanted != null && !said.containsKey(wanted)) {
            throw new IOException("not " + wanted + ": " + said.keySet());
        }
        return said;
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

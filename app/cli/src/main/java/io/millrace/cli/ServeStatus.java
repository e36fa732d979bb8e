// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import io.millrace.loop.LoopCounters;
import io.millrace.tls.TlsContext;
import io.millrace.web.LatencyHistogram;
import io.millrace.web.ServerStats;
import io.millrace.web.StatusSocket;
import io.millrace.web.WebServer;
import io.millrace.workers.WorkerCounters;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What {@code millrace top} is told of a running {@code millrace serve}, a line of JSON a second. Counts are from the
 * server's start, latencies from the last line.
 */
final class ServeStatus implements StatusSocket.Source {
    private final WebServer server;
    private final ServerStats stats;
    private final long begin;
    private final AtomicInteger watchers;
    private LatencyHistogram before;

    private ServeStatus(WebServer server, ServerStats stats, long begin, AtomicInteger watchers) {
        this.server = server;
        this.stats = stats;
        this.begin = begin;
        this.watchers = watchers;
        this.before = stats.latency().copy();
        // Times are taken only while the status is read.
        server.timing(watchers.incrementAndGet() > 0);
    }

    /**
     * Opens the socket of this process, {@code timing} if loops take times anyway; {@code null} where there can be
     * none, which is no reason not to serve.
     */
    static StatusSocket open(WebServer server, ServerStats stats, boolean timing) {
        try {
            Path path = StatusSocket.folder().resolve(ProcessHandle.current().pid() + ".sock");
            long begin = System.nanoTime();
            AtomicInteger watchers = new AtomicInteger(timing ? 1 : 0);
            return StatusSocket.open(path, () -> new ServeStatus(server, stats, begin, watchers));
        } catch (IOException | RuntimeException e) {
            return null;
        }
    }

    @Override
    public void close() {
        server.timing(watchers.decrementAndGet() > 0);
    }

    @Override
    public String line() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("pid", ProcessHandle.current().pid());
        json.put(
                "address",
                server.local() instanceof InetSocketAddress ip
                        ? AddressFormat.urls(ip, server.tls() != null).getFirst()
                        : server.local().toString());
        json.put("engine", server.engine());
        json.put("nanos", System.nanoTime() - begin);
        json.put("ready", server.isReady());
        json.put("draining", server.isDraining());
        json.put("connections", server.connections());
        json.put("requests", stats.requests());
        json.put("bytes", stats.bytes());
        json.put("clientErrors", stats.clientErrors());
        json.put("serverErrors", stats.serverErrors());
        json.put("aborted", stats.aborted());
        latency(json);
        if (server.tls() != null) {
            json.put("tls", json(server.tls()));
        }
        json.put("loops", loops());
        server.workers().ifPresent(workers -> json.put("workers", json(workers)));
        try {
            return JSON.std.asString(json);
        } catch (IOException e) {
            throw new AssertionError("text in memory", e);
        }
    }

    private void latency(Map<String, Object> json) {
        LatencyHistogram now = stats.latency().copy();
        LatencyHistogram recent = now.since(before);
        before = now;
        json.put("p50", recent.quantile(0.5));
        json.put("p99", recent.quantile(0.99));
        json.put("max", recent.max());
    }

    private static Map<String, Object> json(TlsContext tls) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("handshakes", tls.handshakes());
        json.put("resumptions", tls.resumptions());
        json.put("failures", tls.failures());
        json.put("handshakesBySuite", tls.handshakesBySuite());
        json.put("failuresByAlert", tls.failuresByAlert());
        json.put("expires", tls.credentials().getFirst().expires().toString());
        return json;
    }

    private static Map<String, Object> json(WorkerCounters workers) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("spawned", workers.spawned());
        json.put("alive", workers.alive());
        json.put("ended", workers.ended());
        json.put("died", workers.died());
        json.put("restarted", workers.restarted());
        json.put("failed", workers.failed());
        json.put("pauseNanos", workers.pauseNanos());
        return json;
    }

    private List<Object> loops() {
        List<Object> all = new ArrayList<>();
        for (LoopCounters loop : server.counters()) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("turns", loop.turns());
            json.put("events", loop.events());
            json.put("callbacks", loop.callbacks());
            json.put("kernelNanos", loop.kernelNanos());
            json.put("callbackNanos", loop.callbackNanos());
            json.put("longestNanos", loop.longestNanos());
            json.put("longest", loop.longest());
            all.add(json);
        }
        return all;
    }
}

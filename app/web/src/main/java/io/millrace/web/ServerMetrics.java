// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http2.Http2Stats;
import io.millrace.link.ProxyProtocol;
import io.millrace.loop.LoopCounters;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import io.millrace.workers.WorkerCounters;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Collects the figures of a server for {@link MetricsText}. What OpenTelemetry has a stable name for has that name, as
 * its exporter for Prometheus spells it; all else begins with {@code millrace_}. No label comes from a request: routes
 * are the application's patterns, and bounded in number by {@link ServerStats#byRoute}.
 */
final class ServerMetrics {
    /** The buckets that OpenTelemetry's conventions for {@code http.server.request.duration} name. */
    private static final long[] BOUNDS = millis(5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000);

    private static final Duration LAG_LIMIT = Duration.ofSeconds(1);

    private static final Map<Integer, String> REASONS = Map.of(
            400, "malformed",
            408, "timeout",
            413, "body_too_large",
            414, "target_too_long",
            417, "expectation",
            431, "head_too_large",
            501, "not_implemented",
            503, "overload",
            505, "version");

    private final WebServer server;
    private final ServerStats stats;
    private final MetricsText text = new MetricsText();

    private ServerMetrics(WebServer server, ServerStats stats) {
        this.server = server;
        this.stats = stats;
    }

    private static long[] millis(long... bounds) {
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] *= 1_000_000;
        }
        return bounds;
    }

    /** Returns the figures of now. Waits up to a second for loops that do not come to a task. */
    static String of(WebServer server, ServerStats stats) throws InterruptedException {
        ServerMetrics metrics = new ServerMetrics(server, stats);
        metrics.state();
        metrics.requests();
        metrics.refusals();
        metrics.loops();
        if (server.tls() != null) {
            metrics.tls(server.tls());
        }
        if (server.proxyProtocol() != null) {
            metrics.proxyProtocol(server.proxyProtocol());
        }
        metrics.http2(server.http2Stats());
        server.workers().ifPresent(metrics::workers);
        metrics.memory();
        return metrics.text.toString();
    }

    private void state() {
        text.gauge("millrace_ready", "1 if the server is ready for more clients, 0 while it drains.")
                .sample(server.isReady() ? 1 : 0);
        text.gauge("millrace_connections", "Connections that are open.").sample(server.connections());
    }

    private Map<String, RouteStats> routes() {
        Map<String, RouteStats> routes = stats.routes();
        return routes.isEmpty() ? Map.of(ServerStats.OTHER_ROUTES, stats.all()) : routes;
    }

    private void requests() {
        Map<String, RouteStats> routes = routes();
        text.histograms("http_server_request_duration_seconds", "How long whole exchanges took.");
        routes.forEach((route, one) -> text.histogram(one.latency(), BOUNDS, "http_route", route));
        text.counter("millrace_requests_total", "Exchanges that are over, by the class of their status.");
        routes.forEach((route, one) -> {
            for (int digit = 1; digit <= 5; digit++) {
                text.sample(one.requests(digit), "http_route", route, "status_class", digit + "xx");
            }
            text.sample(one.aborted(), "http_route", route, "status_class", "aborted");
        });
        text.counter("millrace_sent_body_bytes_total", "Bytes of bodies that were sent.");
        routes.forEach((route, one) -> text.sample(one.bytes(), "http_route", route));
    }

    private void refusals() {
        text.counter("millrace_refused_requests_total", "Requests that could not be read, by the reason.");
        long other = 0;
        for (Map.Entry<Integer, Long> one : stats.unreadable().entrySet()) {
            String reason = REASONS.get(one.getKey());
            if (reason != null) {
                text.sample(one.getValue(), "reason", reason);
            } else {
                other += one.getValue();
            }
        }
        text.sample(other, "reason", "other");
    }

    private void loops() throws InterruptedException {
        List<LoopCounters> loops = server.counters();
        if (loops.isEmpty()) {
            return;
        }
        text.counter("millrace_loop_turns_total", "Waits of an event loop that have ended.");
        each(loops, (loop, label) -> text.sample(loop.turns(), "loop", label));
        text.counter("millrace_loop_events_total", "Events that the kernel has reported to a loop.");
        each(loops, (loop, label) -> text.sample(loop.events(), "loop", label));
        text.counter("millrace_loop_busy_seconds_total", "Time in callbacks; its rate is the busy share of a loop.");
        each(loops, (loop, label) -> text.seconds(loop.callbackNanos(), "loop", label));
        text.counter("millrace_loop_wait_seconds_total", "Time in waits for the kernel.");
        each(loops, (loop, label) -> text.seconds(loop.kernelNanos(), "loop", label));
        lag();
    }

    private void lag() throws InterruptedException {
        long[] lags = server.loopLag(LAG_LIMIT);
        text.gauge("millrace_loop_lag_seconds", "Time until a loop came to a task just now; 1 is the limit.");
        for (int i = 0; i < lags.length; i++) {
            text.seconds(lags[i] < 0 ? LAG_LIMIT.toNanos() : lags[i], "loop", Integer.toString(i));
        }
    }

    private interface LoopSample {
        void write(LoopCounters loop, String label);
    }

    private static void each(List<LoopCounters> loops, LoopSample sample) {
        for (int i = 0; i < loops.size(); i++) {
            sample.write(loops.get(i), Integer.toString(i));
        }
    }

    private void tls(TlsContext tls) {
        text.counter("millrace_tls_handshakes_total", "TLS handshakes that succeeded.")
                .sample(tls.handshakes());
        text.counter("millrace_tls_resumptions_total", "Handshakes that resumed a session.")
                .sample(tls.resumptions());
        text.counter("millrace_tls_failed_handshakes_total", "TLS handshakes that failed.")
                .sample(tls.failures());
        text.counter("millrace_tls_sessions_total", "Handshakes that succeeded, by what they agreed upon.");
        tls.handshakesBySuite().forEach((agreed, count) -> {
            int blank = agreed.indexOf(' ');
            text.sample(count, "version", agreed.substring(0, blank), "suite", agreed.substring(blank + 1));
        });
        text.counter("millrace_tls_failures_total", "Connections that TLS has ended, by the alert or another reason.");
        tls.failuresByAlert().forEach((reason, count) -> text.sample(count, "reason", reason));
        text.counter("millrace_tls_kernel_connections_total", "Connections whose output the kernel encrypts.")
                .sample(tls.releasedToKernel());
        text.gauge("millrace_tls_certificate_expiry_timestamp_seconds", "When certificates expire.");
        for (Credentials one : tls.credentials()) {
            String name = one.names().isEmpty() ? "" : one.names().getFirst();
            text.sample(one.expires().getEpochSecond(), "name", name, "sha256", one.fingerprint());
        }
    }

    private void proxyProtocol(ProxyProtocol protocol) {
        text.counter("millrace_proxy_headers_total", "Headers of the PROXY protocol, by what came of them.")
                .sample(protocol.headers(), "result", "read")
                .sample(protocol.failures(), "result", "failed");
    }

    private void http2(Http2Stats http2) {
        text.counter("millrace_http2_connections_total", "HTTP/2 connections that were opened.")
                .sample(http2.connections());
        text.counter("millrace_http2_streams_total", "Streams that clients have opened.")
                .sample(http2.streams());
        text.counter("millrace_http2_refused_streams_total", "Streams beyond the limit.")
                .sample(http2.refused());
        text.counter("millrace_http2_resets_total", "Streams that were reset.")
                .sample(http2.resetsReceived(), "by", "client")
                .sample(http2.resetsSent(), "by", "server");
        text.counter("millrace_http2_glitches_total", "Frames that cost the server more than they brought.")
                .sample(http2.glitches());
        text.counter("millrace_http2_failed_connections_total", "Connections that were ended for an error.")
                .sample(http2.calmed(), "reason", "abuse")
                .sample(http2.failed(), "reason", "error");
    }

    private void workers(WorkerCounters workers) {
        text.gauge("millrace_workers", "Worker processes that run.").sample(workers.alive());
        text.counter("millrace_worker_starts_total", "Worker processes that were started.")
                .sample(workers.spawned());
        text.counter("millrace_worker_deaths_total", "Worker processes that ended by a fault.")
                .sample(workers.died());
    }

    private void memory() {
        Runtime runtime = Runtime.getRuntime();
        text.gauge("jvm_memory_used_bytes", "Memory of the heap in use.")
                .sample(runtime.totalMemory() - runtime.freeMemory(), "jvm_memory_type", "heap");
        text.gauge("jvm_memory_limit_bytes", "Memory that the heap may grow to.")
                .sample(runtime.maxMemory(), "jvm_memory_type", "heap");
    }
}

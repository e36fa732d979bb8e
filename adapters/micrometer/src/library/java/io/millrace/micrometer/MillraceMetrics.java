// SPDX-License-Identifier: Apache-2.0
package io.millrace.micrometer;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import io.millrace.loop.LoopCounters;
import io.millrace.web.WebServer;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * Meters of a web server.
 *
 * <pre>{@code
 * MillraceMetrics metrics = new MillraceMetrics(registry);
 * WebServer server = WebServer.on(8080).log(metrics).get("/users/{id}", …).start();
 * metrics.watch(server).bindTo(registry);
 * }</pre>
 *
 * <p>As a log it times requests: {@code http.server.requests} with the tags that Spring gives it, {@code uri} being the
 * pattern of the route, so that the number of meters does not grow with the paths that clients ask for. The binder adds
 * {@code millrace.connections}, {@code millrace.loop.turns}, {@code millrace.loop.events},
 * {@code millrace.loop.callbacks}, {@code millrace.loop.busy} and {@code millrace.loop.longest} for each loop. The log
 * counts {@code millrace.bytes} and {@code millrace.refused} as well.
 */
public final class MillraceMetrics implements ExchangeLog {
    /** The timer of requests. */
    public static final String REQUESTS = "http.server.requests";

    /** The timer of requests by the name that OpenTelemetry has for it. */
    public static final String DURATION = "http.server.request.duration";

    private static final String UNREADABLE = "UNREADABLE";

    private record Key(String method, String uri, int status, String scheme, String version) {}

    private final MeterRegistry registry;
    private final boolean isOpenTelemetry;
    private final Map<Key, Timer> timers = new ConcurrentHashMap<>();
    private final Counter sent;

    /** Makes a log that times requests in a registry, with Spring's names. */
    public MillraceMetrics(MeterRegistry registry) {
        this(registry, false);
    }

    private MillraceMetrics(MeterRegistry registry, boolean isOpenTelemetry) {
        this.registry = Objects.requireNonNull(registry);
        this.isOpenTelemetry = isOpenTelemetry;
        this.sent = Counter.builder("millrace.bytes")
                .description("Bytes of bodies that have been sent")
                .baseUnit("bytes")
                .tag("direction", "sent")
                .register(registry);
    }

    /**
     * Makes a log that times requests with the stable names of OpenTelemetry: {@value #DURATION} with
     * {@code http.request.method}, {@code http.response.status_code}, {@code http.route}, {@code url.scheme},
     * {@code network.protocol.version} and {@code error.type}. A tag that a request has no value for is {@code none}.
     */
    public static MillraceMetrics openTelemetry(MeterRegistry registry) {
        return new MillraceMetrics(registry, true);
    }

    // ---- requests

    @Override
    public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
        Counter.builder("millrace.refused")
                .description("Requests that could not be read")
                .tag("why", Integer.toString(status))
                .register(registry)
                .increment();
        completed(null, status, bytes, nanos);
    }

    @Override
    public void completed(Request request, int status, long bytes, long nanos) {
        sent.increment(bytes);
        Key key = request == null
                ? new Key("NONE", UNREADABLE, status, "", "")
                : new Key(known(request.method()), uri(request, status), status, scheme(request), version(request));
        // Registering takes locks and allocates: once for each key.
        Timer timer = timers.get(key);
        (timer == null ? timers.computeIfAbsent(key, this::timer) : timer).record(nanos, TimeUnit.NANOSECONDS);
    }

    private static String uri(Request request, int status) {
        if (!request.pattern().isEmpty()) {
            return request.pattern();
        }
        return status == 404 ? "NOT_FOUND" : status >= 300 && status < 400 ? "REDIRECTION" : "UNKNOWN";
    }

    // Clients may make methods up.
    private static String known(String method) {
        return switch (method) {
            case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE" -> method;
            default -> "OTHER";
        };
    }

    // Spring has no tags for the next two.
    private String scheme(Request request) {
        return isOpenTelemetry ? request.scheme() : "";
    }

    private String version(Request request) {
        if (!isOpenTelemetry) {
            return "";
        }
        return switch (request.version()) {
            case 10 -> "1.0";
            case 20 -> "2";
            default -> "1.1";
        };
    }

    private Timer timer(Key key) {
        return isOpenTelemetry ? openTelemetrysTimer(key) : springsTimer(key);
    }

    private Timer openTelemetrysTimer(Key key) {
        boolean isRoute = key.uri.startsWith("/");
        Tags tags = Tags.of(
                "http.request.method",
                key.method.equals("OTHER") || key.method.equals("NONE") ? "_OTHER" : key.method,
                "http.response.status_code",
                key.status == 0 ? "none" : Integer.toString(key.status),
                "http.route",
                isRoute ? key.uri : "none",
                "url.scheme",
                key.scheme.isEmpty() ? "none" : key.scheme,
                "network.protocol.version",
                key.version.isEmpty() ? "none" : key.version,
                "error.type",
                key.status == 0 ? "client_gone" : key.status >= 500 ? Integer.toString(key.status) : "none");
        return Timer.builder(DURATION).tags(tags).register(registry);
    }

    private Timer springsTimer(Key key) {
        Tags tags = Tags.of(
                "method",
                key.method,
                "uri",
                key.uri,
                "status",
                key.status == 0 ? "CLIENT_ERROR" : Integer.toString(key.status),
                "outcome",
                outcome(key.status),
                "exception",
                "none");
        return Timer.builder(REQUESTS).tags(tags).register(registry);
    }

    private static String outcome(int status) {
        return switch (status / 100) {
            case 1 -> "INFORMATIONAL";
            case 2 -> "SUCCESS";
            case 3 -> "REDIRECTION";
            case 5 -> "SERVER_ERROR";
            case 0, 4 -> "CLIENT_ERROR"; // 0: the client has gone
            default -> "UNKNOWN";
        };
    }

    // ---- the server

    /** Returns what adds the meters of a server that runs. */
    public MeterBinder watch(WebServer server) {
        return target -> bind(server, target);
    }

    private static void bind(WebServer server, MeterRegistry registry) {
        Gauge.builder("millrace.connections", server, MillraceMetrics::connections)
                .description("Connections that are open")
                .register(registry);
        int loops = server.counters().size();
        for (int i = 0; i < loops; i++) {
            int loop = i;
            Iterable<Tag> tags = Tags.of("loop", Integer.toString(i));
            counter(
                    registry,
                    "millrace.loop.turns",
                    tags,
                    server,
                    each -> each.counters().get(loop).turns());
            counter(
                    registry,
                    "millrace.loop.events",
                    tags,
                    server,
                    each -> each.counters().get(loop).events());
            counter(
                    registry,
                    "millrace.loop.callbacks",
                    tags,
                    server,
                    each -> each.counters().get(loop).callbacks());
            TimeGauge.builder("millrace.loop.busy", server, TimeUnit.NANOSECONDS, each -> busy(each, loop))
                    .description("Time spent in callbacks so far, where the server is timed")
                    .tags(tags)
                    .register(registry);
            TimeGauge.builder("millrace.loop.longest", server, TimeUnit.NANOSECONDS, each -> longest(each, loop))
                    .description("The longest callback so far, where the server is timed")
                    .tags(tags)
                    .register(registry);
        }
    }

    private static void counter(
            MeterRegistry registry,
            String name,
            Iterable<Tag> tags,
            WebServer server,
            ToLongFunction<WebServer> count) {
        FunctionCounter.builder(name, server, count::applyAsLong).tags(tags).register(registry);
    }

    private static double connections(WebServer server) {
        return server.connections();
    }

    private static double busy(WebServer server, int loop) {
        List<LoopCounters> all = server.counters();
        return loop < all.size() ? all.get(loop).callbackNanos() : 0;
    }

    private static double longest(WebServer server, int loop) {
        List<?> all = server.counters();
        return loop < all.size() ? server.counters().get(loop).longestNanos() : 0;
    }
}

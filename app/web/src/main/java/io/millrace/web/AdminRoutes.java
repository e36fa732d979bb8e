// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Response;
import io.millrace.http.Routes;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/**
 * What balancers, Kubernetes and Prometheus ask of a server, as routes of another one, which listens where clients
 * cannot reach it:
 *
 * <pre>
 *   /livez     200 if each event loop came to a task within a second, else 503: start the process anew
 *   /readyz    200 if the server is started, does not drain, and all checks hold, else 503: send no clients
 *   /metrics   figures for Prometheus, text format 0.0.4
 * </pre>
 *
 * <p>The server that answers should be one of its own, so that one whose loops are all blocked can still be asked.
 * Configured by one thread, then used by any number.
 */
public final class AdminRoutes {
    private static final Duration LIVE = Duration.ofSeconds(1);

    private final WebServer server;
    private final ServerStats stats;
    private final Map<String, BooleanSupplier> checks = new ConcurrentHashMap<>();

    private AdminRoutes(WebServer server, ServerStats stats) {
        this.server = server;
        this.stats = stats;
    }

    /**
     * Returns the routes for a server.
     *
     * @param stats the figures of its exchanges, best made by {@link ServerStats#byRoute}, which are the server's
     *     {@link WebServer#log} or part of it
     */
    public static AdminRoutes of(WebServer server, ServerStats stats) {
        return new AdminRoutes(Objects.requireNonNull(server), Objects.requireNonNull(stats));
    }

    /**
     * Adds a check that {@code /readyz} asks each time, on a virtual thread: it may block, but the answer waits for it.
     * A check that throws does not hold.
     *
     * @param name what the answer calls it
     */
    public AdminRoutes check(String name, BooleanSupplier check) {
        checks.put(Objects.requireNonNull(name), Objects.requireNonNull(check));
        return this;
    }

    /** Adds the routes to another server or router. */
    public void addTo(Routes<?> routes) {
        add(routes, "/livez", (request, response) -> verdict(response, notLive()));
        add(routes, "/readyz", (request, response) -> verdict(response, notReady()));
        add(routes, "/metrics", (request, response) -> {
            if (isRunning()) {
                response.type(MetricsText.TYPE).send(ServerMetrics.of(server, stats));
            } else {
                verdict(response, List.of("not started"));
            }
        });
    }

    /**
     * Starts a server of one loop that has these routes and no others; the caller closes it, after the other one.
     *
     * @param address host and port, or a {@link io.millrace.socket.UnixAddress}
     * @throws IOException if the address cannot be had
     */
    public WebServer listen(SocketAddress address) throws IOException {
        WebServer admin = WebServer.on(0).listen(address).loops(1).http2(null).serverName(null);
        addTo(admin);
        return admin.start();
    }

    private static void add(Routes<?> routes, String path, Handler handler) {
        routes.route("GET", path, Dispatch.VIRTUAL, (request, response) -> {
            response.header("Cache-Control", "no-store");
            handler.handle(request, response);
        });
    }

    private static void verdict(Response response, List<String> faults) {
        response.status(faults.isEmpty() ? 200 : 503).type("text/plain; charset=utf-8");
        response.send(faults.isEmpty() ? "ok\n" : String.join("\n", faults) + "\n");
    }

    private List<String> notLive() throws InterruptedException {
        if (!isRunning()) {
            return List.of();
        }
        List<String> faults = new ArrayList<>();
        long[] lags = server.loopLag(LIVE);
        for (int i = 0; i < lags.length; i++) {
            if (lags[i] < 0) {
                faults.add("loop " + i + " did not come to a task within a second");
            }
        }
        return faults;
    }

    private boolean isRunning() {
        return server.isReady() || server.isDraining();
    }

    private List<String> notReady() {
        List<String> faults = new ArrayList<>();
        if (!server.isReady()) {
            faults.add(server.isDraining() ? "draining" : "not started");
        }
        new LinkedHashMap<>(checks).forEach((name, check) -> {
            if (!holds(check)) {
                faults.add(name + " fails");
            }
        });
        return faults;
    }

    private static boolean holds(BooleanSupplier check) {
        try {
            return check.getAsBoolean();
        } catch (RuntimeException e) {
            return false;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import java.net.SocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts what a server did: requests, bytes, errors and how long answers took, of all routes together and, where that
 * is asked for, of each by itself. Takes part as an {@link ExchangeLog}; any number of loops may record at once, any
 * thread may ask at any time. Allocates nothing while it records, but for the first request of each route.
 */
public final class ServerStats implements ExchangeLog {
    /** The key of {@link #routes} for requests that found no route. */
    public static final String NO_ROUTE = "";

    /** The key of {@link #routes} for the routes beyond the number that is counted by itself. */
    public static final String OTHER_ROUTES = "*";

    private static final int FIRST_ERROR = 400;

    private final AtomicLongArray unreadable = new AtomicLongArray(200);
    private final RouteStats all = new RouteStats();
    private final ConcurrentMap<String, RouteStats> routes = new ConcurrentHashMap<>();
    private final int mostRoutes;

    /** Counts from zero, all routes together. */
    public ServerStats() {
        this(0);
    }

    private ServerStats(int mostRoutes) {
        this.mostRoutes = mostRoutes;
    }

    /**
     * Returns figures that count from zero, all routes together and each by itself, at a cost of about 10 kB for each.
     *
     * @param most how many routes are counted by themselves, in the order of their first requests; all others, and
     *     those that have no route, are two more
     * @throws IllegalArgumentException if {@code most} is below 1
     */
    public static ServerStats byRoute(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("not a number of routes: " + most);
        }
        return new ServerStats(most);
    }

    /** A request that could not be read is one without a route, too. */
    @Override
    public void unreadable(SocketAddress peer, int status, long sent, long nanos) {
        completed(null, status, sent, nanos);
        if (status >= FIRST_ERROR && status < FIRST_ERROR + unreadable.length()) {
            unreadable.incrementAndGet(status - FIRST_ERROR);
        }
    }

    /**
     * Returns the number of requests that could not be read and were refused, by the status that they were refused
     * with: 400 for what is no HTTP, 408 for a head that took too long, 431 for one that is too large.
     */
    public Map<Integer, Long> unreadable() {
        Map<Integer, Long> counted = new TreeMap<>();
        for (int i = 0; i < unreadable.length(); i++) {
            if (unreadable.get(i) > 0) {
                counted.put(FIRST_ERROR + i, unreadable.get(i));
            }
        }
        return counted;
    }

    @Override
    public void completed(Request request, int status, long sent, long nanos) {
        all.completed(status, sent, nanos);
        if (mostRoutes > 0) {
            route(request).completed(status, sent, nanos);
        }
    }

    /**
     * The time of an answer that the client did not take to its end says nothing of the server's: it is not recorded.
     */
    @Override
    public void brokenOff(Request request, int status, long sent, long nanos) {
        all.brokenOff(sent);
        if (mostRoutes > 0) {
            route(request).brokenOff(sent);
        }
    }

    private RouteStats route(Request request) {
        String pattern = request == null ? NO_ROUTE : request.pattern();
        RouteStats known = routes.get(pattern);
        return known == null ? firstOf(pattern) : known;
    }

    // Patterns are those of the application and bounded by it; but routers may be made while a server runs.
    private synchronized RouteStats firstOf(String pattern) {
        boolean extra = pattern.equals(NO_ROUTE) || pattern.equals(OTHER_ROUTES);
        int counted =
                routes.size() - (routes.containsKey(NO_ROUTE) ? 1 : 0) - (routes.containsKey(OTHER_ROUTES) ? 1 : 0);
        String key = extra || routes.containsKey(pattern) || counted < mostRoutes ? pattern : OTHER_ROUTES;
        return routes.computeIfAbsent(key, unused -> new RouteStats());
    }

    /**
     * Returns the figures of each route by its pattern, such as {@code /users/{id}}, of all that have had a request;
     * {@link #NO_ROUTE} and {@link #OTHER_ROUTES} stand for the rest. Empty unless made by {@link #byRoute}. The map is
     * the caller's, its values go on counting.
     */
    public Map<String, RouteStats> routes() {
        return new TreeMap<>(routes);
    }

    /** Returns the figures of all routes together. */
    public RouteStats all() {
        return all;
    }

    /** Number of exchanges that are over. */
    public long requests() {
        return all.requests();
    }

    /** Bytes of bodies sent. */
    public long bytes() {
        return all.bytes();
    }

    /** Number of answers with a status from 400 to 499. */
    public long clientErrors() {
        return all.requests(4);
    }

    /** Number of answers with a status from 500 on. */
    public long serverErrors() {
        return all.requests(5);
    }

    /** Number of exchanges whose connection ended before or in the middle of the answer. */
    public long aborted() {
        return all.aborted();
    }

    /** How long the exchanges took, from the first byte of the request to the handing over of the answer. */
    public LatencyHistogram latency() {
        return all.latency();
    }

    /** The median of how long the exchanges took, in nanoseconds; 0 without any. */
    public long p50() {
        return all.latency().quantile(0.5);
    }

    /** What 90 % of the exchanges did not exceed, in nanoseconds. */
    public long p90() {
        return all.latency().quantile(0.9);
    }

    /** What 99 % of the exchanges did not exceed, in nanoseconds. */
    public long p99() {
        return all.latency().quantile(0.99);
    }
}

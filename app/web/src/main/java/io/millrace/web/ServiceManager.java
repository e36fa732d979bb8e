// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.socket.ServiceNotifier;
import java.time.Duration;

/**
 * Keeps a service manager such as systemd informed of a server: that it serves, reloads, stops, and, where a watchdog
 * is set, that each of its loops still comes to a task. A loop that does not, because a handler blocks it, ends the
 * pings, and the manager starts the process anew. Any thread may call.
 */
public final class ServiceManager implements AutoCloseable {
    /** Beyond the time that the server may take to stop: for the end of the process. */
    private static final Duration END = Duration.ofSeconds(5);

    private final WebServer server;
    private final ServiceNotifier notifier;
    private volatile boolean closed;

    private ServiceManager(WebServer server, ServiceNotifier notifier) {
        this.server = server;
        this.notifier = notifier;
    }

    /**
     * Tells the manager that the environment names that a server, which has been started, is ready; {@code null} if
     * there is no manager.
     */
    public static ServiceManager inform(WebServer server) {
        ServiceNotifier notifier = ServiceNotifier.fromEnvironment();
        return notifier == null ? null : inform(server, notifier);
    }

    /** Tells a manager that a server, which has been started, is ready. */
    public static ServiceManager inform(WebServer server, ServiceNotifier notifier) {
        ServiceManager manager = new ServiceManager(server, notifier);
        manager.ready();
        if (!notifier.watchdog().isZero()) {
            Thread.ofPlatform().daemon().name("millrace-watchdog").start(manager::watch);
        }
        return manager;
    }

    /** Says that the server reads something again; {@link #ready} is to follow. */
    public void reloading() {
        notifier.reloading();
    }

    /** Says that the server is ready, as {@link #inform} does the first time. */
    public void ready() {
        notifier.ready("serving at " + server.local());
    }

    /** Says that the server is going to stop, with the times that {@link WebServer#stop(Duration, Duration)} takes. */
    public void stopping(Duration drain, Duration grace) {
        notifier.stopping(drain.plus(grace).plus(END), drain.isZero() ? "stopping" : "draining");
    }

    private void watch() {
        // Half of the time, as sd_watchdog_enabled(3) advises, of which a loop may take the most.
        Duration half = notifier.watchdog().dividedBy(2);
        try {
            while (!closed) {
                long begun = System.nanoTime();
                if (allAnswer(half)) {
                    notifier.alive();
                }
                Duration took = Duration.ofNanos(System.nanoTime() - begun);
                Thread.sleep(took.compareTo(half) < 0 ? half.minus(took) : Duration.ZERO);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean allAnswer(Duration limit) throws InterruptedException {
        for (long lag : server.loopLag(limit)) {
            if (lag < 0) {
                // Loops that have ended take no tasks either: while the server stops that is no fault.
                return !server.isReady() && !server.isDraining();
            }
        }
        return true;
    }

    /** Ends the pings; the process is to end. */
    @Override
    public void close() {
        closed = true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.BindException;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.boot.web.server.GracefulShutdownCallback;
import org.springframework.boot.web.server.GracefulShutdownResult;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.boot.web.server.WebServerException;

/** The life of the server of a WebFlux application. It may be started again after it has stopped. */
public final class MillraceWebServer implements org.springframework.boot.web.server.WebServer {
    private static final Log LOG = LogFactory.getLog(MillraceWebServer.class);

    private final Supplier<WebServer> maker;
    private final int port;
    private final boolean graceful;
    private WebServer server;
    private int bound = -1;

    MillraceWebServer(Supplier<WebServer> maker, int port, boolean graceful) {
        this.maker = maker;
        this.port = port;
        this.graceful = graceful;
    }

    @Override
    public synchronized void start() {
        if (server != null || port < 0) {
            return;
        }
        WebServer made = maker.get();
        try {
            made.start();
        } catch (IOException e) {
            PortInUseException.throwIfPortBindingException(bindException(e), () -> port);
            throw new WebServerException("Unable to start Millrace", e);
        } catch (RuntimeException e) {
            throw new WebServerException("Unable to start Millrace", e);
        }
        server = made;
        bound = made.port();
        LOG.info("Millrace started on port " + bound + " (" + made.engine() + ")");
    }

    private static IOException bindException(IOException e) {
        if (!String.valueOf(e.getMessage()).contains("in use")) {
            return e;
        }
        BindException taken = new BindException("Address already in use");
        taken.initCause(e);
        return taken;
    }

    @Override
    public void stop() {
        WebServer stopped = taken();
        if (stopped != null) {
            stopped.close();
        }
    }

    private synchronized WebServer taken() {
        WebServer taken = server;
        server = null;
        bound = -1;
        return taken;
    }

    @Override
    public void shutDownGracefully(GracefulShutdownCallback callback) {
        WebServer running;
        synchronized (this) {
            running = server;
        }
        if (!graceful || running == null) {
            callback.shutdownComplete(GracefulShutdownResult.IMMEDIATE);
            return;
        }
        LOG.info("Commencing graceful shutdown. Waiting for active requests to complete");
        running.stopAccepting();
        Thread.ofPlatform().name("millrace-shutdown").start(() -> finish(running, callback));
    }

    // Ends early, with requests active, when stop() cuts it short.
    private static void finish(WebServer running, GracefulShutdownCallback callback) {
        boolean idle;
        try {
            idle = running.stop(Duration.ofDays(1));
        } catch (InterruptedException e) {
            idle = false;
        }
        LOG.info(
                idle
                        ? "Graceful shutdown complete"
                        : "Graceful shutdown aborted with one or more requests still active");
        callback.shutdownComplete(idle ? GracefulShutdownResult.IDLE : GracefulShutdownResult.REQUESTS_ACTIVE);
    }

    @Override
    public synchronized int getPort() {
        return bound;
    }
}

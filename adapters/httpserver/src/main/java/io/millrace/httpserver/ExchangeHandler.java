// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.HttpExchange;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.Status;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import javax.net.ssl.SSLSession;

/**
 * Takes each request on its loop, finds the context, and hands the exchange to the executor. Answers by itself where no
 * context fits.
 */
final class ExchangeHandler {
    private final ServerProperties settings;
    private final ContextTable contexts;
    private final Executor elsewhere;
    private final AtomicInteger inFlight = new AtomicInteger();
    private final ScheduledThreadPoolExecutor timer;
    private volatile Executor executor;
    private volatile boolean batches;
    private volatile IntSupplier connections = () -> 0;

    /**
     * Makes the handler of a server.
     *
     * @param elsewhere runs what an executor would run on the loop
     */
    ExchangeHandler(ServerProperties settings, ContextTable contexts, Executor elsewhere) {
        this.settings = settings;
        this.contexts = contexts;
        this.elsewhere = elsewhere;
        this.executor = elsewhere;
        this.timer = settings.responseSeconds() > 0 ? timer() : null;
    }

    private static ScheduledThreadPoolExecutor timer() {
        ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(
                1,
                Thread.ofPlatform().daemon().name("millrace-httpserver-timer").factory());
        timer.setRemoveOnCancelPolicy(true);
        return timer;
    }

    /** Sets what runs the exchanges. */
    void executor(Executor newExecutor) {
        executor = newExecutor;
        batches = TaskBatch.suits(newExecutor);
    }

    /** Sets who knows how many connections are open. */
    void connections(IntSupplier open) {
        connections = open;
    }

    /** No more requests will come. */
    void end() {
        if (timer != null) {
            timer.shutdownNow();
        }
    }

    /**
     * Takes a request, on its loop.
     *
     * @param session the TLS session of its connection; {@code null} in the clear
     * @param batch of the loop
     */
    void handle(Request request, Response response, SSLSession session, TaskBatch batch) {
        URI uri = uri(request.target());
        if (uri == null) {
            response.closeAfter();
            refuse(response, 400, "URISyntaxException thrown");
            return;
        }
        PathContext context = uri.getPath() == null ? null : contexts.find(uri.getPath());
        if (context == null) {
            refuse(response, 404, "No context found for request");
        } else if (context.getHandler() == null) {
            refuse(response, 500, "No handler for context");
        } else {
            start(request, response, context, uri, session, batch);
        }
    }

    private static URI uri(String target) {
        try {
            return new URI(target);
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private static void refuse(Response response, int status, String text) {
        String page = "<h1>" + status + " " + Status.reason(status) + "</h1>" + text;
        response.status(status).type("text/html").send(page.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void start(
            Request request, Response response, PathContext context, URI uri, SSLSession session, TaskBatch batch) {
        response.defer();
        inFlight.incrementAndGet();
        ScheduledFuture<?> limit =
                timer == null ? null : timer.schedule(response::abort, settings.responseSeconds(), TimeUnit.SECONDS);
        response.onComplete(() -> {
            inFlight.decrementAndGet();
            if (limit != null) {
                limit.cancel(false);
            }
        });
        ServerExchange exchange =
                new ServerExchange(request, response, context, uri, settings, this::hasEnoughIdleConnections);
        HttpExchange seen = session == null ? exchange : new SecureExchange(exchange, session);
        ExchangeTask task = new ExchangeTask(exchange, seen, context, response, elsewhere, settings.closeOnException());
        if (batches) {
            batch.add(task, executor, response::execute);
        } else {
            task.start(executor);
        }
    }

    private boolean hasEnoughIdleConnections() {
        return connections.getAsInt() - inFlight.get() >= settings.maxIdleConnections();
    }
}

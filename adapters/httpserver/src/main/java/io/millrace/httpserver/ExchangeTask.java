// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import io.millrace.http.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** Answers one exchange: the context's filters in order, its authenticator, its handler. Run by an executor. */
final class ExchangeTask implements Runnable {
    private static final System.Logger LOGGER = System.getLogger("com.sun.net.httpserver");
    private static final String FAILURE = "<h1>500 Internal Server Error</h1>The handler failed";

    private final ServerExchange exchange;
    private final HttpExchange seen;
    private final PathContext context;
    private final Response response;
    private final Executor elsewhere;
    private final boolean closeOnException;
    private final Thread loop = Thread.currentThread();

    /**
     * Makes the task, on the loop.
     *
     * @param seen the exchange as filters and handlers see it
     * @param elsewhere runs the task if the executor runs it on the loop, which must not wait
     */
    ExchangeTask(
            ServerExchange exchange,
            HttpExchange seen,
            PathContext context,
            Response response,
            Executor elsewhere,
            boolean closeOnException) {
        this.exchange = exchange;
        this.seen = seen;
        this.context = context;
        this.response = response;
        this.elsewhere = elsewhere;
        this.closeOnException = closeOnException;
    }

    /** Hands the task to an executor; the connection of one that is rejected ends without an answer. */
    void start(Executor executor) {
        start(executor, this);
    }

    /** Hands over {@code run}, which runs this task. Returns whether the executor has taken it. */
    boolean start(Executor executor, Runnable run) {
        try {
            executor.execute(run);
            return true;
        } catch (RejectedExecutionException e) {
            response.abort();
        } catch (RuntimeException | Error e) {
            LOGGER.log(System.Logger.Level.ERROR, "the executor failed", e);
            response.abort();
        }
        return false;
    }

    @Override
    public void run() {
        if (Thread.currentThread() == loop) {
            start(elsewhere);
            return;
        }
        try {
            new Filter.Chain(context.getFilters(), this::authenticate).doFilter(seen);
            exchange.returned();
        } catch (IOException | RuntimeException e) {
            failed(e);
        } catch (Throwable e) {
            failed(e);
            throw e;
        }
    }

    // A filter may hand on an exchange of its own making.
    private void authenticate(HttpExchange asked) throws IOException {
        Authenticator authenticator = context.getAuthenticator();
        if (authenticator == null) {
            context.getHandler().handle(asked);
            return;
        }
        switch (authenticator.authenticate(asked)) {
            case Authenticator.Success success -> {
                exchange.principal(success.getPrincipal());
                context.getHandler().handle(asked);
            }
            case Authenticator.Retry retry -> refuse(asked, retry.getResponseCode());
            case Authenticator.Failure failure -> refuse(asked, failure.getResponseCode());
            default -> throw new IOException("an authenticator's result is Success, Retry or Failure");
        }
    }

    // The body is read first, so that the client can send its credentials on the same connection.
    private static void refuse(HttpExchange asked, int code) throws IOException {
        asked.getRequestBody().transferTo(OutputStream.nullOutputStream());
        asked.sendResponseHeaders(code, -1);
    }

    private void failed(Throwable e) {
        if (exchange.isOver()) {
            LOGGER.log(System.Logger.Level.DEBUG, "a handler failed after its answer was complete", e);
            return;
        }
        LOGGER.log(
                closeOnException ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR,
                () -> exchange.getRequestMethod() + " " + exchange.getRequestURI() + " failed",
                e);
        if (closeOnException || exchange.isAnswered() || response.committed()) {
            response.abort();
        } else {
            answerFailure();
        }
    }

    private void answerFailure() {
        try {
            response.status(500).closeAfter().type("text/html").send(FAILURE.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IllegalStateException e) {
            LOGGER.log(System.Logger.Level.DEBUG, "the server was stopped before a handler failed", e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.http.FieldList;
import io.millrace.http.Handler;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.Response;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of the opening handshake (RFC 6455 section 4.2; over HTTP/2, RFC 8441): checks what the client
 * sends, chooses subprotocol and compression, and hands the connection over.
 *
 * <pre>
 *   WebSocketUpgrade chat = WebSocketUpgrade.of(WebSocketOptions.DEFAULT);
 *   router.get("/chat", chat.handler(request -&gt; new Member()));                                 callbacks
 *   router.route("GET", "/ask", Dispatch.VIRTUAL, (request, response) -&gt; {                     blocking
 *       try (BlockingWebSocket socket = chat.accept(request, response)) {
 *           for (WebSocketMessage question; (question = socket.receive()) != null; ) { … }
 *       }
 *   });
 * </pre>
 *
 * <p>Is for all threads. The connections of one share compression contexts.
 */
public final class WebSocketUpgrade {
    private static final String NAME = "websocket";
    private static final String SUPPORTED_VERSION = "13";

    private final WebSocketOptions options;
    private final @Nullable DeflatePool pool;

    private WebSocketUpgrade(WebSocketOptions options) {
        this.options = options;
        this.pool = options.compression() == null
                ? null
                : new DeflatePool(options.compression().level());
    }

    /** Makes the listener of one connection, or throws {@link HttpException} to refuse it. */
    @FunctionalInterface
    public interface ListenerFactory {

        /**
         * Returns the listener of the connection that {@code request} opens. Runs where the handler runs.
         *
         * @throws Exception to refuse it, as a handler does
         */
        WebSocketListener open(Request request) throws Exception;
    }

    /** Returns an upgrade with these options. */
    public static WebSocketUpgrade of(WebSocketOptions options) {
        return new WebSocketUpgrade(Objects.requireNonNull(options));
    }

    /** Returns a handler that opens a WebSocket for each request that asks for one, and refuses all others. */
    public Handler handler(ListenerFactory factory) {
        Objects.requireNonNull(factory);
        return (request, response) -> {
            check(request, response);
            upgrade(request, response, Objects.requireNonNull(factory.open(request), "the listener"));
        };
    }

    /**
     * Opens a WebSocket for a handler on a virtual thread, which goes on with it.
     *
     * @throws HttpException if the request does not ask for one as it should; a handler lets it pass
     */
    public BlockingWebSocket accept(Request request, Response response) throws HttpException {
        check(request, response);
        BlockingWebSocket socket = new BlockingWebSocket();
        upgrade(request, response, socket.listener());
        return socket;
    }

    private void check(Request request, Response response) throws HttpException {
        if (request.version() >= 20) {
            checkConnect(request);
        } else {
            checkGet(request, response);
        }
        List<String> versions = request.headers().all(OpeningFields.VERSION);
        if (versions.isEmpty()) {
            throw new HttpException(400, "no " + OpeningFields.VERSION);
        }
        if (versions.size() > 1 || !versions.getFirst().equals(SUPPORTED_VERSION)) {
            response.setHeader(OpeningFields.VERSION, SUPPORTED_VERSION).setHeader("Upgrade", NAME);
            throw new HttpException(426, "only version 13 of WebSocket is spoken here");
        }
        List<String> origins = request.headers().all("Origin");
        String origin = origins.isEmpty() ? null : origins.getFirst();
        if (origins.size() > 1 || !options.origins().allows(origin, request.authority())) {
            throw new HttpException(403, "pages of this origin may not connect");
        }
    }

    private static void checkConnect(Request request) throws HttpException {
        if (!request.method().equals("CONNECT")) {
            throw new HttpException(400, "a WebSocket is opened by CONNECT");
        }
    }

    private static void checkGet(Request request, Response response) throws HttpException {
        if (!request.method().equals("GET")) {
            response.setHeader("Allow", "GET");
            throw new HttpException(405);
        }
        if (!FieldList.contains(request.headers().joined("Upgrade"), NAME)) {
            response.setHeader("Upgrade", NAME);
            throw new HttpException(426, "this is a WebSocket");
        }
        String length = request.header("Content-Length");
        if (request.version() != 11
                || !FieldList.contains(request.headers().joined("Connection"), "upgrade")
                || (length != null && !length.equals("0"))
                || request.headers().has("Transfer-Encoding")) {
            throw new HttpException(400, "not the opening of a WebSocket");
        }
        List<String> keys = request.headers().all(OpeningFields.KEY);
        if (keys.size() != 1 || !OpeningFields.isKey(keys.getFirst())) {
            throw new HttpException(400, "no proper " + OpeningFields.KEY);
        }
    }

    private void upgrade(Request request, Response response, WebSocketListener listener) throws HttpException {
        List<String> offered = OpeningFields.names(request.headers().joined(OpeningFields.PROTOCOL));
        if (offered == null) {
            throw new HttpException(400, "no proper " + OpeningFields.PROTOCOL);
        }
        String subprotocol = options.subprotocols().stream()
                .filter(offered::contains)
                .findFirst()
                .orElse("");
        DeflateParameters agreed =
                DeflateParameters.negotiate(request.headers().joined(OpeningFields.EXTENSIONS), options.compression());
        if (request.version() < 20) {
            response.setHeader(OpeningFields.ACCEPT, OpeningFields.accept(request.header(OpeningFields.KEY)));
        }
        if (!subprotocol.isEmpty()) {
            response.setHeader(OpeningFields.PROTOCOL, subprotocol);
        }
        if (agreed != null) {
            response.setHeader(OpeningFields.EXTENSIONS, agreed.answer());
        }
        DeflateSession deflate = agreed == null
                ? null
                : new DeflateSession(true, agreed, options.compression(), Objects.requireNonNull(pool));
        WebSocketProtocol protocol = new WebSocketProtocol(listener, options.limits(), subprotocol, deflate, null);
        // The client may go before the answer, or while it is written: then the protocol is never opened.
        // It is handed over in the call that completes the exchange, so a task later it is known.
        response.onComplete(() -> later(response, protocol::failUnlessOpened));
        response.upgrade(NAME, () -> protocol);
    }

    private static void later(Response response, Runnable task) {
        try {
            response.execute(task);
        } catch (RejectedExecutionException e) {
            task.run();
        }
    }
}

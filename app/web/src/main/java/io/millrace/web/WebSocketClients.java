// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.loop.EventLoop;
import io.millrace.net.ConnectFailure;
import io.millrace.net.Connector;
import io.millrace.tls.TlsContext;
import io.millrace.transport.LoopGroup;
import io.millrace.websocket.BlockingWebSocket;
import io.millrace.websocket.WebSocketClient;
import io.millrace.websocket.WebSocketListener;
import io.millrace.websocket.WebSocketOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;

/**
 * Opens WebSockets as a client, on event loops: on one of their own, or on those that a program has already. Any thread
 * may call.
 *
 * <pre>{@code
 * try (WebSocketClients clients = WebSocketClients.open();
 *         BlockingWebSocket socket = clients.connect(URI.create("wss://example.org/chat"))) {
 *     socket.send("hello");
 *     System.out.println(socket.receive().text());
 * }
 * }</pre>
 *
 * <p>Connecting and the TLS handshake have the time limits of the connector and of the TLS options, the opening
 * handshake and what follows those of {@link WebSocketOptions#limits}.
 */
public final class WebSocketClients implements AutoCloseable {
    private final LoopGroup loops;
    private final boolean owned;
    private final Connector connector;
    private final TlsContext tls;
    private final AtomicInteger next = new AtomicInteger();

    /** A WebSocket on its way. */
    public interface Attempt {

        /** Gives the connection up, if there is none yet: nothing is told then. Any thread may call. */
        void cancel();
    }

    private WebSocketClients(LoopGroup loops, boolean owned, Connector connector, TlsContext tls) {
        this.loops = loops;
        this.owned = owned;
        this.connector = connector;
        this.tls = tls;
    }

    /**
     * Returns clients on a loop of their own, which ends with {@link #close}. Servers of {@code wss} need a certificate
     * that the JDK trusts.
     *
     * @throws IOException if there is no loop to be had
     */
    public static WebSocketClients open() throws IOException {
        return new WebSocketClients(LoopGroup.open(1), true, HttpClients.connector(), null);
    }

    /** Returns clients on the loops of a group, which stays the caller's. */
    public static WebSocketClients on(LoopGroup loops) {
        return new WebSocketClients(Objects.requireNonNull(loops), false, HttpClients.connector(), null);
    }

    /** Returns these clients with another context for {@code wss}; to be closed instead of these. */
    public WebSocketClients withTls(TlsContext context) {
        return new WebSocketClients(loops, owned, connector, Objects.requireNonNull(context));
    }

    /** Returns these clients with another connector; to be closed instead of these. */
    public WebSocketClients withConnector(Connector other) {
        return new WebSocketClients(loops, owned, Objects.requireNonNull(other), tls);
    }

    /**
     * Opens a WebSocket with {@link WebSocketOptions#DEFAULT} and waits until it is open.
     *
     * @param uri with the scheme {@code ws} or {@code wss}
     * @throws IllegalArgumentException if it is not such a URI
     * @throws IOException if there is no connection, or the server refuses, saying why
     */
    public BlockingWebSocket connect(URI uri) throws IOException {
        return connect(WebSocketClient.of(uri, WebSocketOptions.DEFAULT));
    }

    /**
     * Opens a WebSocket and waits until it is open. Not on a loop.
     *
     * @throws IOException if there is no connection, or the server refuses, saying why
     * @throws java.io.InterruptedIOException if the thread is interrupted while it waits
     */
    public BlockingWebSocket connect(WebSocketClient client) throws IOException {
        BlockingWebSocket socket = new BlockingWebSocket();
        Attempt attempt = connect(client, socket.listener());
        try {
            socket.awaitOpen();
            return socket;
        } catch (IOException e) {
            attempt.cancel();
            socket.abort();
            throw e;
        }
    }

    /**
     * Begins to open a WebSocket with {@link WebSocketOptions#DEFAULT}, as {@link #connect(WebSocketClient,
     * WebSocketListener)}.
     *
     * @throws IllegalArgumentException if it is not the URI of a WebSocket
     */
    public Attempt connect(URI uri, WebSocketListener listener) {
        return connect(WebSocketClient.of(uri, WebSocketOptions.DEFAULT), listener);
    }

    /**
     * Begins to open a WebSocket. The listener is told {@code opened} or {@code failed}, on the loop.
     *
     * @return the attempt to connect, to be given up if need be; nothing is told then
     * @throws java.util.concurrent.RejectedExecutionException if the loops have been closed; nothing is told then
     */
    public Attempt connect(WebSocketClient client, WebSocketListener listener) {
        Objects.requireNonNull(listener);
        EventLoop loop = loops.loop(Math.floorMod(next.getAndIncrement(), loops.size()));
        AtomicReference<Runnable> cancel = new AtomicReference<>();
        loop.execute(
                () -> cancel.set(client.isSecure() ? overTls(loop, client, listener) : clear(loop, client, listener)));
        return () -> loop.execute(() -> cancel.get().run());
    }

    private Runnable clear(EventLoop loop, WebSocketClient client, WebSocketListener listener) {
        return connector.connect(loop, address(client), new Connector.Outcome() {
            @Override
            public Protocol connected(SocketAddress peer) {
                return client.protocol(listener);
            }

            @Override
            public void failed(ConnectFailure why) {
                listener.failed(why.getMessage());
            }
        })::cancel;
    }

    private Runnable overTls(EventLoop loop, WebSocketClient client, WebSocketListener listener) {
        TlsConnector secured = new TlsConnector(connector, tls == null ? HttpClients.usualTls() : tls);
        return secured.connect(loop, address(client), client.host(), client.port(), new TlsConnector.Outcome() {
            @Override
            public Protocol connected(Tls session) {
                return client.protocol(listener);
            }

            @Override
            public void failed(IOException why) {
                boolean isTls = why instanceof SSLException;
                listener.failed(isTls ? "TLS: " + why.getMessage() : why.getMessage());
            }
        })::cancel;
    }

    private static SocketAddress address(WebSocketClient client) {
        return HttpClients.isAddress(client.host())
                ? new InetSocketAddress(client.host(), client.port())
                : InetSocketAddress.createUnresolved(client.host(), client.port());
    }

    /** Closes the loop, if it is these clients' own; WebSockets that stand end with it. */
    @Override
    public void close() {
        if (owned) {
            loops.close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.loop.EventLoop;
import io.millrace.net.ConnectFailure;
import io.millrace.net.Connector;
import io.millrace.tls.TlsContext;
import java.net.SocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.net.ssl.SSLHandshakeException;

/** Opens connections to the target, all to the one of its addresses that was connected first. */
final class Dialer {
    private final Connector connector;
    private final SocketAddress address;
    private final LoadTarget target;

    /** {@code null} for a target in the clear. */
    private final TlsContext tls;

    private Dialer(Connector connector, SocketAddress address, LoadTarget target, TlsContext tls) {
        this.connector = connector;
        this.address = address;
        this.target = target;
        this.tls = tls;
    }

    /**
     * Finds an address of the target that answers, by a connection that is closed at once; over TLS by a handshake, for
     * a WebSocket by its opening. Any thread may call.
     *
     * @param tls for an https target, else {@code null}
     * @return fails with a {@link ConnectFailure} if the name means nothing or no address answers in time, with an
     *     {@link SSLHandshakeException} if TLS fails, with an {@link java.io.IOException} if the server opens no
     *     WebSocket
     */
    static CompletableFuture<Dialer> find(LoadPlan plan, EventLoop loop, TlsContext tls) {
        Connector connector = Connector.USUAL.withTimeLimit(plan.pace().timeout());
        CompletableFuture<Dialer> found = new CompletableFuture<>();
        connector.connect(loop, plan.target().address(), new Connector.Outcome() {
            @Override
            public Protocol connected(SocketAddress peer) {
                Dialer dialer = new Dialer(connector, peer, plan.target(), tls);
                boolean opens = plan.target().kind().isWebSocket();
                if (tls == null && !opens) {
                    found.complete(dialer);
                    return null;
                }
                if (tls == null) {
                    return new OpeningProbe(plan, dialer, found);
                }
                return dialer.over(
                        session -> {
                            if (!dialer.isAgreed(session)) {
                                found.completeExceptionally(
                                        new SSLHandshakeException("the server does not speak HTTP/2 over TLS"));
                            } else if (opens) {
                                return new OpeningProbe(plan, dialer, found);
                            } else {
                                found.complete(dialer);
                            }
                            return new Bye();
                        },
                        why -> found.completeExceptionally(new SSLHandshakeException("TLS: " + why)));
            }

            @Override
            public void failed(ConnectFailure why) {
                found.completeExceptionally(why);
            }
        });
        return found;
    }

    // HTTP/1.1 needs no agreement (RFC 9112), HTTP/2 over TLS does (RFC 9113 section 3.2).
    private boolean isAgreed(Tls session) {
        return !target.kind().isHttp2() || target.kind().alpn().equals(session.applicationProtocol());
    }

    private Protocol over(Function<Tls, Protocol> above, Consumer<String> refused) {
        return tls.connect(target.host(), target.port(), above, refused);
    }

    /** Ends the connection. */
    private static final class Bye implements Protocol {
        @Override
        public void opened(Link link) {
            link.close(CloseMode.FLUSHED);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }
    }

    /**
     * Opens a connection on the calling loop: {@code protocol} is told when it stands, {@code failed} is run if it does
     * not.
     *
     * @param secured is told of each handshake that has succeeded
     */
    void dial(EventLoop loop, Protocol protocol, Consumer<Tls> secured, Runnable failed) {
        connector.connect(loop, address, new Connector.Outcome() {
            @Override
            public Protocol connected(SocketAddress peer) {
                if (tls == null) {
                    return protocol;
                }
                return over(
                        session -> {
                            secured.accept(session);
                            return protocol;
                        },
                        why -> failed.run());
            }

            @Override
            public void failed(ConnectFailure why) {
                failed.run();
            }
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.net.ConnectFailure;
import io.millrace.net.ConnectOperation;
import io.millrace.net.Connector;
import io.millrace.tls.TlsContext;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import javax.net.ssl.SSLHandshakeException;

/**
 * Connects over TLS: as a {@link Connector} does, then with a handshake that verifies the server's name. Immutable; any
 * thread may call.
 *
 * @param connector by which connections are made; its time limit is for connection and handshake together
 * @param context of clients
 */
public record TlsConnector(Connector connector, TlsContext context) {

    /** Checks that nothing is {@code null}. */
    public TlsConnector {
        Objects.requireNonNull(connector);
        Objects.requireNonNull(context);
    }

    /** What becomes of it: one of these is called, once, on the loop, never before {@link #connect} has returned. */
    public interface Outcome {

        /** The handshake has succeeded: returns the protocol that is to have the connection. */
        Protocol connected(Tls session);

        /**
         * There is no connection.
         *
         * @param why a {@link ConnectFailure}, or an {@link SSLHandshakeException} where TLS failed
         */
        void failed(IOException why);
    }

    /**
     * Begins to connect.
     *
     * @param to where to
     * @param host the name or address that the server's certificate has to be for
     * @param port the port, by which sessions are remembered
     * @return what is under way; its only use is to give it up, on the loop
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed; nothing is told then
     */
    public Attempt connect(EventLoop loop, SocketAddress to, String host, int port, Outcome outcome) {
        Attempt attempt = new Attempt(loop, host, port, Objects.requireNonNull(outcome));
        attempt.begin(to);
        return attempt;
    }

    /** A connection over TLS on its way. Belongs to its loop. */
    public final class Attempt {
        private final EventLoop loop;
        private final String host;
        private final int port;
        private final Outcome outcome;
        private final long deadline;
        private ConnectOperation operation;
        private Timer limit;
        private Link link;
        private boolean isOver;

        private Attempt(EventLoop loop, String host, int port, Outcome outcome) {
            this.loop = loop;
            this.host = host;
            this.port = port;
            this.outcome = outcome;
            this.deadline = System.nanoTime() + connector.timeLimit().toNanos();
        }

        private void begin(SocketAddress to) {
            operation = connector.connect(loop, to, new Connector.Outcome() {
                @Override
                public Protocol connected(SocketAddress peer) {
                    return isOver ? null : handshake();
                }

                @Override
                public void failed(ConnectFailure why) {
                    fail(why);
                }
            });
        }

        private Protocol handshake() {
            long left = Math.max(1, deadline - System.nanoTime());
            limit = loop.schedule(Duration.ofNanos(left), () -> giveUp("the handshake took too long"));
            Protocol tls = context.connect(host, port, this::established, why -> fail(new SSLHandshakeException(why)));
            return new Begin(tls);
        }

        private Protocol established(Tls session) {
            isOver = true;
            limit.cancel();
            return outcome.connected(session);
        }

        private void fail(IOException why) {
            if (!isOver) {
                isOver = true;
                if (limit != null) {
                    limit.cancel();
                }
                outcome.failed(why);
            }
        }

        private void giveUp(String why) {
            fail(new SSLHandshakeException(why));
            if (link != null) {
                link.close(CloseMode.NOW);
            }
        }

        /** Gives it up: nothing is told any more. Has no effect once it is over. On the loop. */
        public void cancel() {
            if (!isOver) {
                isOver = true;
                operation.cancel();
                if (limit != null) {
                    limit.cancel();
                }
                if (link != null) {
                    link.close(CloseMode.NOW);
                }
            }
        }

        /** Notes the link, so that a handshake can be given up. */
        private final class Begin implements Protocol {
            private final Protocol tls;

            Begin(Protocol tls) {
                this.tls = tls;
            }

            @Override
            public void opened(Link opened) {
                link = opened;
                opened.switchProtocol(tls);
            }

            /** Input is the next protocol's. */
            @Override
            public void receive(Buffer in, Link from) {}

            @Override
            public void closed(CloseCause why) {
                fail(new SSLHandshakeException("the connection ended before the handshake"));
            }
        }
    }
}

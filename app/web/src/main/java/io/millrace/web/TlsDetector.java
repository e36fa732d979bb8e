// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.http.HttpContext;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http1.Http1Factory;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells TLS from HTTP in the clear by the first byte of a connection, on a port that speaks TLS: who has typed http://
 * there is told the https URL, with 400. Belongs to its loop's thread.
 */
final class TlsDetector implements ProtocolFactory {
    private static final int BAD_REQUEST = 400;

    private final ServerSettings settings;
    private final ProtocolFactory tls;
    private final long handshakeNanos;
    private Http1Factory clear;

    TlsDetector(ServerSettings settings, ProtocolFactory tls) {
        this.settings = settings;
        this.tls = tls;
        this.handshakeNanos = settings.tls.options().handshakeTime().toNanos();
    }

    @Override
    public Protocol create() {
        return new Undecided();
    }

    /** There is no answer that a client would believe without a handshake, which is what there is no room for. */
    @Override
    public Protocol refuse() {
        return null;
    }

    private Http1Factory clear() {
        if (clear == null) {
            // Each answer is the last of its connection.
            HttpContext context =
                    settings.clearContext(TlsDetector::refuseClear).withDraining(new AtomicBoolean(true));
            clear = new Http1Factory(context);
        }
        return clear;
    }

    private static void refuseClear(Request request, Response response) {
        int port = request.local() instanceof InetSocketAddress inet ? inet.getPort() : 443;
        String url = HttpsUrl.of(request, port);
        response.status(BAD_REQUEST).type("text/plain; charset=utf-8");
        response.send("400 Bad Request\n\nThis port speaks HTTPS alone" + (url == null ? "" : ": " + url) + "\n");
    }

    /** Waits for the first bytes, which it leaves to the protocol that it chooses. */
    private final class Undecided implements Protocol {
        @Override
        public void opened(Link link) {
            link.deadline(link.now() + handshakeNanos);
        }

        @Override
        public void receive(Buffer in, Link link) {
            if (in.peek(0) != ProtocolSelector.TLS_HANDSHAKE) {
                link.switchProtocol(clear().create());
            } else if (settings.challenges == null || !settings.challenges.needsMore(in)) {
                link.switchProtocol(tls(in));
            }
        }

        private Protocol tls(Buffer in) {
            Protocol challenge = settings.challenges == null ? null : settings.challenges.protocolFor(in);
            return challenge == null ? tls.create() : challenge;
        }

        @Override
        public void expired(Link link) {
            link.close(CloseMode.NOW);
        }
    }
}

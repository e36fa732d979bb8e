// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.http.HttpContext;
import io.millrace.http1.Http1Factory;
import io.millrace.http2.Http2Factory;
import java.util.function.Supplier;

/**
 * Chooses what a connection speaks by its first bytes: HTTP/2 for those who begin with its preface (RFC 9113 section
 * 3.3), HTTP/1.1 for all others. Whoever asks for an upgrade to {@code h2c} is answered in HTTP/1.1, as that RFC has
 * it. Belongs to its loop's thread.
 */
final class ProtocolSelector implements ProtocolFactory {
    /** The first byte of a connection that begins with TLS: a record of its handshake. */
    static final int TLS_HANDSHAKE = 22;

    /** A record of TLS 1.0, as its first ones are, with the fatal alert handshake_failure. */
    private static final byte[] TLS_ALERT = {21, 3, 1, 0, 2, 2, 40};

    private static final int BAD_REQUEST = 400;

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private final HttpContext context;
    private final Http1Factory http1;
    private final Supplier<Http2Factory> makeHttp2;
    private Http2Factory http2;

    /** {@code makeHttp2} is asked once, when the first client comes that speaks it; {@code null} for HTTP/1.1 alone. */
    ProtocolSelector(HttpContext context, Http1Factory http1, Supplier<Http2Factory> makeHttp2) {
        this.context = context;
        this.http1 = http1;
        this.makeHttp2 = makeHttp2;
    }

    @Override
    public Protocol create() {
        return new Undecided();
    }

    @Override
    public Protocol refuse() {
        return http1.refuse();
    }

    private Protocol http2() {
        if (http2 == null) {
            http2 = makeHttp2.get();
        }
        return http2.create();
    }

    /** Waits for the first bytes, which it leaves to the protocol that it chooses. */
    private final class Undecided implements Protocol {
        @Override
        public void opened(Link link) {
            link.deadline(link.now() + context.headNanos());
        }

        @Override
        public void receive(Buffer in, Link link) {
            if (in.peek(0) == TLS_HANDSHAKE && link.tls() == null) {
                refuseTls(in, link);
                return;
            }
            int count = makeHttp2 == null ? 0 : Math.min(in.readable(), PREFACE.length());
            for (int i = 0; i < count; i++) {
                if (in.peek(i) != PREFACE.charAt(i)) {
                    link.switchProtocol(http1.create());
                    return;
                }
            }
            if (count == PREFACE.length()) {
                link.switchProtocol(http2());
            } else if (makeHttp2 == null) {
                link.switchProtocol(http1.create());
            }
        }

        /** A client that wants TLS where there is none: it understands an alert, and the log says why it got one. */
        private void refuseTls(Buffer in, Link link) {
            in.consume(in.readable());
            context.log().unreadable(link.peer(), BAD_REQUEST, 0, 0);
            link.out().append(TLS_ALERT);
            link.flush();
            link.close(CloseMode.LINGERING);
        }

        @Override
        public void expired(Link link) {
            link.close(CloseMode.FLUSHED);
        }
    }
}

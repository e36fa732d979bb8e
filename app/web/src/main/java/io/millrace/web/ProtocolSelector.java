// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.core.Tls;
import io.millrace.http.HttpContext;
import io.millrace.http1.Http1Factory;
import io.millrace.http2.Http2Factory;
import java.util.function.Supplier;

/**
 * Chooses what a connection speaks: what TLS has agreed upon by ALPN (RFC 9113 section 3.2), or else, by its first
 * bytes, HTTP/2 if they are its preface (section 3.3) and HTTP/1.1 if not. A request for an upgrade to {@code h2c} is
 * answered in HTTP/1.1, as that RFC has it. Belongs to its loop's thread.
 */
final class ProtocolSelector implements ProtocolFactory {
    /** The first byte of a connection that begins with TLS: a record of its handshake. */
    static final int TLS_HANDSHAKE = 22;

    /** A record of TLS 1.0, as its first ones are, with the fatal alert handshake_failure. */
    private static final byte[] TLS_ALERT = {21, 3, 1, 0, 2, 2, 40};

    private static final int BAD_REQUEST = 400;

    /** The name of HTTP/2 in ALPN. */
    private static final String HTTP2 = "h2";

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

    private Http2Factory http2() {
        if (http2 == null) {
            http2 = makeHttp2.get();
        }
        return http2;
    }

    // The name that ALPN has agreed upon, null for none.
    private static String agreed(Link link) {
        Tls tls = link.tls();
        return tls == null ? null : tls.applicationProtocol();
    }

    /** Waits for the first bytes, which it leaves to the protocol that it chooses. */
    private final class Undecided implements Protocol {
        @Override
        public void opened(Link link) {
            String agreed = agreed(link);
            if (agreed != null) {
                boolean isHttp2 = makeHttp2 != null && agreed.equals(HTTP2);
                link.switchProtocol(isHttp2 ? http2().create() : http1.create());
            } else {
                link.deadline(link.now() + context.headNanos());
            }
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
                link.switchProtocol(http2().create());
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

// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * Lets named proxies say who their client is, before its first byte: the PROXY protocol, versions 1 and 2. A connection
 * from a named proxy has to begin with the header; without one it ends. Others cannot say anything: their bytes are the
 * client's own, a header among them, which is no HTTP and no TLS and is refused as such.
 *
 * <pre>
 *   proxy ─► header | bytes of the client ─► link.peer(): the client, link.socketPeer(): the proxy
 *   other ─► bytes of the client          ─► link.peer(): the other end of the socket
 * </pre>
 *
 * <p>A connection that the proxy makes for itself, a health check, keeps the proxy's address. One that ends before or
 * within the header ends without a word, as health checks do. Any number of threads may use this.
 */
public final class ProxyProtocol {
    private static final Duration USUAL_TIME = Duration.ofSeconds(3);

    private final Predicate<? super SocketAddress> proxies;
    private final long nanos;
    private final LongAdder headers = new LongAdder();
    private final LongAdder failures = new LongAdder();

    private ProxyProtocol(Predicate<? super SocketAddress> proxies, long nanos) {
        this.proxies = proxies;
        this.nanos = nanos;
    }

    /** Returns the rule for the proxies that {@code proxies} holds for, by their socket's address. */
    public static ProxyProtocol from(Predicate<? super SocketAddress> proxies) {
        return new ProxyProtocol(Objects.requireNonNull(proxies), USUAL_TIME.toNanos());
    }

    /** Returns the rule with another time in which the header has to be there; 3 seconds by default. */
    public ProxyProtocol withTime(Duration time) {
        return new ProxyProtocol(proxies, time.toNanos());
    }

    /** Returns a factory whose connections expect the header first and then speak what {@code above} makes. */
    public ProtocolFactory over(ProtocolFactory above) {
        return new ProtocolFactory() {
            @Override
            public Protocol create() {
                return new Expecting(above);
            }

            @Override
            public Protocol refuse() {
                return above.refuse();
            }
        };
    }

    /** Returns the number of headers that were read. */
    public long headers() {
        return headers.sum();
    }

    /** Returns the number of connections of named proxies that had no header, a malformed one, or none in time. */
    public long failures() {
        return failures.sum();
    }

    private void failed(Link link, String why) {
        failures.increment();
        System.getLogger("io.millrace.link")
                .log(System.Logger.Level.DEBUG, () -> "PROXY protocol, from " + link.socketPeer() + ": " + why);
        link.close(CloseMode.NOW);
    }

    /** Waits for the header. */
    private final class Expecting implements Protocol {
        private final ProtocolFactory above;

        Expecting(ProtocolFactory above) {
            this.above = above;
        }

        @Override
        public void opened(Link link) {
            if (proxies.test(link.socketPeer())) {
                link.deadline(link.now() + nanos);
            } else {
                link.switchProtocol(above.create());
            }
        }

        @Override
        public void receive(Buffer in, Link link) {
            try {
                ProxyHeader header = ProxyHeaderParser.parse(in);
                if (header != null) {
                    headers.increment();
                    link.switchProtocol(new ProxiedProtocol(above.create(), header));
                }
            } catch (MalformedProxyHeaderException e) {
                in.consume(in.readable());
                failed(link, e.getMessage());
            }
        }

        @Override
        public void inputClosed(Link link) {
            link.close(CloseMode.NOW);
        }

        @Override
        public void expired(Link link) {
            failed(link, "no header in time");
        }
    }
}

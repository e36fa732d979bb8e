// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.client.ClientLoop;
import io.millrace.client.ClientOptions;
import io.millrace.client.HttpClient;
import io.millrace.client.HttpFailure;
import io.millrace.client.Origin;
import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.net.CachingResolver;
import io.millrace.net.ConnectFailure;
import io.millrace.net.ConnectOperation;
import io.millrace.net.Connector;
import io.millrace.net.Resolver;
import io.millrace.socket.Kernel;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.transport.Engine;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import javax.net.ssl.SSLException;

/**
 * HTTP clients on event loops: on one of their own, or on those that a program has already.
 *
 * <pre>{@code
 * try (HttpClient client = HttpClients.open()) {
 *     System.out.println(client.get("http://127.0.0.1:8000/").receive(1 << 20).text());
 * }
 * }</pre>
 *
 * <p>Names are looked up beside the loops and remembered for 5 s, failures for 1 s; addresses are tried as
 * {@link Connector} does. Servers of https origins are verified by the authorities that the JDK knows, or by those of a
 * {@link TlsContext}; a call fails with {@link HttpFailure.TlsFailed} where that does not succeed.
 */
public final class HttpClients {
    private HttpClients() {}

    /**
     * Returns a client with the default options on a loop of its own, which ends with the client.
     *
     * @throws IOException if there is no loop to be had
     */
    public static HttpClient open() throws IOException {
        return open(ClientOptions.DEFAULT);
    }

    /**
     * Returns a client on a loop of its own, which ends with the client.
     *
     * @throws IOException if there is no loop to be had
     */
    public static HttpClient open(ClientOptions options) throws IOException {
        return owning(LoopGroup.open(1), options);
    }

    /**
     * Returns a client on loops of its own over an engine.
     *
     * @throws IOException if there are no such loops to be had
     */
    public static HttpClient open(ClientOptions options, Kernel kernel, int loops, Engine engine) throws IOException {
        return owning(LoopGroup.open(kernel, loops, engine), options);
    }

    private static HttpClient owning(LoopGroup group, ClientOptions options) {
        return new HttpClient(loops(group, connector()), options, group);
    }

    /** Returns a client on the loops of a group, which stays the caller's: close the client first. */
    public static HttpClient on(LoopGroup group, ClientOptions options) {
        return on(group, options, connector());
    }

    /** Returns a client on the loops of a group that connects by {@code connector}, whose time limit is not used. */
    public static HttpClient on(LoopGroup group, ClientOptions options, Connector connector) {
        return new HttpClient(loops(group, connector), options);
    }

    /** Returns a client on one loop that connects by {@code connector}, whose time limit is not used. */
    public static HttpClient on(EventLoop loop, ClientOptions options, Connector connector) {
        return new HttpClient(List.of(new Loop(loop, connector, null)), options);
    }

    /**
     * Returns a client on the loops of a group whose connections to https origins are made by a context of clients:
     * with its trust, and certificates if it has any.
     *
     * @param tls its ALPN name should be {@code http/1.1}
     */
    public static HttpClient on(LoopGroup group, ClientOptions options, TlsContext tls) {
        return new HttpClient(loops(group, connector(), tls), options);
    }

    /**
     * Returns a client on a loop of its own, which ends with the client, with a context for https origins.
     *
     * @param tls as for {@link #on(LoopGroup, ClientOptions, TlsContext)}
     * @throws IOException if there is no loop to be had
     */
    public static HttpClient open(ClientOptions options, TlsContext tls) throws IOException {
        LoopGroup group = LoopGroup.open(1);
        return new HttpClient(loops(group, connector(), tls), options, group);
    }

    /** Returns the context for clients that were given none; their ALPN name is http/1.1. */
    static TlsContext usualTls() {
        return UsualTls.CONTEXT;
    }

    /** Made when it is first needed: the JDK reads all authorities that it knows. */
    private static final class UsualTls {
        static final TlsContext CONTEXT = TlsContext.client(TlsOptions.DEFAULT.withApplicationProtocols("http/1.1"));
    }

    /** Returns the usual connector, with a resolver that remembers names. */
    public static Connector connector() {
        return Connector.USUAL.withResolver(new CachingResolver(Resolver.system()));
    }

    private static List<ClientLoop> loops(LoopGroup group, Connector connector) {
        return loops(group, connector, null);
    }

    private static List<ClientLoop> loops(LoopGroup group, Connector connector, TlsContext tls) {
        return IntStream.range(0, group.size())
                .<ClientLoop>mapToObj(i -> new Loop(group.loop(i), connector, tls))
                .toList();
    }

    static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    /** A loop of this house, as clients see it. */
    private record Loop(EventLoop loop, Connector connector, TlsContext tls) implements ClientLoop {
        @Override
        public boolean inLoop() {
            return loop.inLoop();
        }

        @Override
        public long now() {
            return loop.now();
        }

        @Override
        public void execute(Runnable task) {
            loop.execute(task);
        }

        @Override
        public Pending schedule(long nanos, Runnable task) {
            Timer timer = loop.schedule(Duration.ofNanos(nanos), task);
            return timer::cancel;
        }

        @Override
        public Pending connect(Origin origin, long nanos, Outcome outcome) {
            Connector limited = connector.withTimeLimit(Duration.ofNanos(nanos));
            if (origin.secure()) {
                return new TlsConnector(limited, tls == null ? UsualTls.CONTEXT : tls)
                        .connect(loop, address(origin), origin.hostName(), origin.port(), toldOverTls(outcome))::cancel;
            }
            ConnectOperation operation = limited.connect(loop, address(origin), told(outcome));
            return operation::cancel;
        }

        private static SocketAddress address(Origin origin) {
            if (origin.address() != null) {
                return origin.address();
            }
            // An address in digits is not looked up.
            return isAddress(origin.hostName())
                    ? new InetSocketAddress(origin.hostName(), origin.port())
                    : InetSocketAddress.createUnresolved(origin.hostName(), origin.port());
        }

        private static TlsConnector.Outcome toldOverTls(Outcome outcome) {
            return new TlsConnector.Outcome() {
                @Override
                public Protocol connected(Tls session) {
                    return outcome.connected();
                }

                @Override
                public void failed(IOException why) {
                    boolean isTls = why instanceof SSLException;
                    outcome.failed(isTls ? new HttpFailure.TlsFailed("TLS: " + why.getMessage(), why) : why);
                }
            };
        }

        private static Connector.Outcome told(Outcome outcome) {
            return new Connector.Outcome() {
                @Override
                public Protocol connected(SocketAddress peer) {
                    return outcome.connected();
                }

                @Override
                public void failed(ConnectFailure why) {
                    outcome.failed(why);
                }
            };
        }
    }
}

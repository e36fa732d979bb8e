// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How connections are opened: names become addresses, the addresses are tried one after the other as "Happy Eyeballs",
 * version 2, says, and the first that stands is taken.
 *
 * <pre>{@code
 * Connector.USUAL.connect(loop, InetSocketAddress.createUnresolved("example.org", 80), new Connector.Outcome() {
 *     public Protocol connected(SocketAddress peer) { return new MyProtocol(); }
 *     public void failed(ConnectFailure why) { … }
 * });
 * }</pre>
 *
 * @param resolver finds the addresses of a name, on a thread of its own
 * @param from the address to connect from, or {@code null} for one that the kernel chooses; a name's addresses of
 *     another family are left out
 * @param attemptDelay how long an attempt may go without an outcome before the next address is tried beside it
 * @param timeLimit how long all of it may take, the resolver included
 */
public record Connector(Resolver resolver, @Nullable SocketAddress from, Duration attemptDelay, Duration timeLimit) {

    /** The least that "Happy Eyeballs" allows: less would flood the network with attempts. */
    private static final Duration SHORTEST_DELAY = Duration.ofMillis(10);

    /** The system's resolver, 250 ms as "Happy Eyeballs" recommends, and half a minute for all of it. */
    public static final Connector USUAL =
            new Connector(Resolver.system(), null, Duration.ofMillis(250), Duration.ofSeconds(30));

    /** What becomes of it: one of these is called, once, on the loop, never before {@link #connect} has returned. */
    public interface Outcome {

        /** A connection stands: the protocol that is to have it, or {@code null} to close it at once. */
        Protocol connected(SocketAddress peer);

        /** There is none, for this reason. */
        void failed(ConnectFailure why);
    }

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for attempts less than 10 ms apart, or a time limit of zero or less
     */
    public Connector {
        Objects.requireNonNull(resolver, "resolver");
        if (attemptDelay.compareTo(SHORTEST_DELAY) < 0) {
            throw new IllegalArgumentException("attempts are at least 10 ms apart, not " + attemptDelay);
        }
        if (timeLimit.isNegative() || timeLimit.isZero()) {
            throw new IllegalArgumentException("a time limit is longer than " + timeLimit);
        }
    }

    /** The same with another resolver. */
    public Connector withResolver(Resolver other) {
        return new Connector(other, from, attemptDelay, timeLimit);
    }

    /** The same from an address of this machine, port 0 for any. */
    public Connector withFrom(SocketAddress other) {
        return new Connector(resolver, other, attemptDelay, timeLimit);
    }

    /** The same with another delay between attempts, at least 10 ms. */
    public Connector withAttemptDelay(Duration other) {
        return new Connector(resolver, from, other, timeLimit);
    }

    /** The same with another time limit. */
    public Connector withTimeLimit(Duration other) {
        return new Connector(resolver, from, attemptDelay, other);
    }

    /**
     * Begins to connect. Any thread may call.
     *
     * @param to an {@link java.net.InetSocketAddress}, unresolved for a name that is to be looked up, or a
     *     {@link io.millrace.socket.UnixAddress}
     * @param outcome is told on the loop
     * @return what is under way, to be given up if need be
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed; nothing is told then
     */
    public ConnectOperation connect(EventLoop loop, SocketAddress to, Outcome outcome) {
        ConnectOperation connecting = new ConnectOperation(
                this,
                loop,
                Objects.requireNonNull(to, "to"),
                Objects.requireNonNull(outcome, "outcome"),
                Lookups::submit);
        loop.execute(connecting::begin);
        return connecting;
    }
}

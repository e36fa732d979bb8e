// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.socket.InheritedSocket;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.UnixAddress;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Where and how to listen.
 *
 * @param address where: an {@link InetSocketAddress}, port 0 for one that is free, an IPv6 wildcard usually taking IPv4
 *     as well; a {@link UnixAddress}, whose file is made, in place of one without a listener, and removed when the
 *     listening ends; or an {@link InheritedSocket}, which is taken over
 * @param flags how the socket is set up
 * @param spread how connections spread over several loops
 * @param maxConnections how many may be open at once, over all loops
 * @param overload what becomes of those beyond
 * @param paused whether to begin paused: the address is taken, connections wait until {@link Listener#resume}
 * @param errors is told what accept(2) failed with, on the loop that accepts, in place of the log; {@code null} for the
 *     log. Not told is what went wrong with a single connection that is gone again
 */
public record ListenOptions(
        SocketAddress address,
        ListenFlags flags,
        AcceptDistribution spread,
        int maxConnections,
        OverloadPolicy overload,
        boolean paused,
        Consumer<SysException> errors) {

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException for an address that is unresolved or of another kind, or flags that it cannot
     *     have
     */
    public ListenOptions {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(flags, "flags");
        Objects.requireNonNull(spread, "spread");
        Objects.requireNonNull(overload, "overload");
        if (address instanceof InetSocketAddress inet && inet.isUnresolved()) {
            throw new IllegalArgumentException("unknown host: " + inet.getHostString());
        }
        boolean tcp = address instanceof InetSocketAddress;
        if (!tcp && !(address instanceof UnixAddress) && !(address instanceof InheritedSocket)) {
            throw new IllegalArgumentException(
                    "cannot listen on a " + address.getClass().getName());
        }
        if (!tcp && spread == AcceptDistribution.REUSE_PORT) {
            // The kernel spreads TCP only; on a Unix socket the option would be taken and do nothing, or be refused, by
            // its version.
            throw new IllegalArgumentException(
                    "REUSE_PORT is for TCP addresses; " + address + " can be SHARED or HAND_OVER");
        }
        if (maxConnections < 1) {
            throw new IllegalArgumentException("maxConnections must be at least 1");
        }
    }

    /** The usual choices for an address. */
    public static ListenOptions on(SocketAddress address) {
        AcceptDistribution spread =
                address instanceof InetSocketAddress ? AcceptDistribution.REUSE_PORT : AcceptDistribution.SHARED;
        return new ListenOptions(
                address, ListenFlags.USUAL, spread, Integer.MAX_VALUE, OverloadPolicy.WAIT, false, null);
    }

    /** How many connections may wait in the kernel to be accepted. */
    public int backlog() {
        return flags.backlog();
    }

    /** The same with a socket that is set up otherwise. */
    public ListenOptions withFlags(ListenFlags other) {
        return new ListenOptions(address, other, spread, maxConnections, overload, paused, errors);
    }

    /** The same with another backlog. */
    public ListenOptions withBacklog(int other) {
        return withFlags(flags.withBacklog(other));
    }

    /** The same with another way to spread. */
    public ListenOptions withSpread(AcceptDistribution other) {
        return new ListenOptions(address, flags, other, maxConnections, overload, paused, errors);
    }

    /** The same with a limit on connections. */
    public ListenOptions withMaxConnections(int most, OverloadPolicy beyond) {
        return new ListenOptions(address, flags, spread, most, beyond, paused, errors);
    }

    /** The same, paused at first or not. */
    public ListenOptions withPaused(boolean other) {
        return new ListenOptions(address, flags, spread, maxConnections, overload, other, errors);
    }

    /** The same with a callback that is told what accepting fails with. */
    public ListenOptions withErrors(Consumer<SysException> other) {
        return new ListenOptions(address, flags, spread, maxConnections, overload, paused, other);
    }

    /** The same on the port that was chosen. */
    ListenOptions at(SocketAddress other) {
        return new ListenOptions(other, flags, spread, maxConnections, overload, paused, errors);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.net.InetSocketAddress;
import java.util.Objects;

/**
 * Where and how to listen.
 *
 * @param address the address, port 0 for one that is free; an IPv6 wildcard takes IPv4 as well
 * @param backlog how many connections may wait in the kernel to be accepted; the kernel caps it (net.core.somaxconn)
 * @param spread how connections spread over several loops
 * @param maxConnections how many may be open at once, over all loops
 * @param overload what becomes of those beyond
 */
public record ListenOptions(
        InetSocketAddress address, int backlog, Spread spread, int maxConnections, Overload overload) {

    /** Checks the values. */
    public ListenOptions {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(spread, "spread");
        Objects.requireNonNull(overload, "overload");
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("unknown host: " + address.getHostString());
        }
        if (backlog < 1 || maxConnections < 1) {
            throw new IllegalArgumentException("backlog and maxConnections must be at least 1");
        }
    }

    /** The usual choices for an address. */
    public static ListenOptions on(InetSocketAddress address) {
        return new ListenOptions(address, 4096, Spread.REUSE_PORT, Integer.MAX_VALUE, Overload.WAIT);
    }

    /** The same with another backlog. */
    public ListenOptions withBacklog(int other) {
        return new ListenOptions(address, other, spread, maxConnections, overload);
    }

    /** The same with another way to spread. */
    public ListenOptions withSpread(Spread other) {
        return new ListenOptions(address, backlog, other, maxConnections, overload);
    }

    /** The same with a limit on connections. */
    public ListenOptions withMaxConnections(int most, Overload beyond) {
        return new ListenOptions(address, backlog, spread, most, beyond);
    }

    ListenOptions withPort(int port) {
        return new ListenOptions(
                new InetSocketAddress(address.getAddress(), port), backlog, spread, maxConnections, overload);
    }
}

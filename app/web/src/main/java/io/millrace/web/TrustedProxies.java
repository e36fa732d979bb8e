// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.Headers;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Finds out who the client is behind proxies that say so in a header field. Every client can send such a field, so it
 * is believed as far as it was written by proxies that are named here: from the last entry, which the proxy that is
 * connected wrote, to the first that names an address of no trusted proxy.
 *
 * <pre>
 *   X-Forwarded-For: 198.51.100.9, 203.0.113.7, 10.0.0.2      from 10.0.0.1, trusted: 10.0.0.0/8
 *                    (may be a lie) └─ the client  └─ trusted
 * </pre>
 *
 * <p>One of the two fields is looked at, the one that the proxies write: any client may have written the other. An
 * entry without an address ({@code unknown}, a name of the proxy's invention) ends the walk at the proxy that wrote it.
 * Immutable; any number of threads may use it.
 */
public final class TrustedProxies implements BiFunction<SocketAddress, Headers, SocketAddress> {
    /** Entries that are looked at: more proxies in a row there are not. */
    private static final int MOST = 100;

    /** How ranges name the peers on a Unix socket, which are all on this machine. */
    public static final String UNIX = "unix";

    private final boolean standard;
    private final boolean unix;
    private final List<AddressRange> ranges;

    private TrustedProxies(boolean standard, String[] ranges) {
        this.standard = standard;
        this.unix = Arrays.asList(ranges).contains(UNIX);
        this.ranges = Arrays.stream(ranges)
                .filter(range -> !range.equals(UNIX))
                .map(AddressRange::parse)
                .toList();
    }

    /**
     * Returns the rule for proxies that write {@code X-Forwarded-For}, as most do.
     *
     * @param ranges addresses of the proxies, such as {@code 10.0.0.0/8}, {@code 192.0.2.1} or {@code fd00::/8};
     *     {@link #UNIX} for whatever connects to a Unix socket
     * @throws IllegalArgumentException if one of them is no address and no range of addresses
     */
    public static TrustedProxies byXForwardedFor(String... ranges) {
        return new TrustedProxies(false, ranges);
    }

    /**
     * Returns the rule for proxies that write {@code Forwarded} (RFC 7239).
     *
     * @param ranges as for {@link #byXForwardedFor}
     * @throws IllegalArgumentException if one of them is no address and no range of addresses
     */
    public static TrustedProxies byForwarded(String... ranges) {
        return new TrustedProxies(true, ranges);
    }

    /** Returns the address of the client; {@code peer} itself if it is no trusted proxy or says nothing. */
    @Override
    public SocketAddress apply(SocketAddress peer, Headers headers) {
        if (!trusts(peer)) {
            return peer;
        }
        String value = headers.joined(standard ? "Forwarded" : "X-Forwarded-For");
        return value == null ? peer : walk(peer, standard ? ForwardedFor.standard(value) : ForwardedFor.plain(value));
    }

    private SocketAddress walk(SocketAddress peer, List<String> entries) {
        SocketAddress client = peer;
        int last = entries.size() - 1;
        for (int i = last; i >= 0 && i > last - MOST && trusts(client); i--) {
            InetSocketAddress hop = ForwardedFor.address(entries.get(i));
            if (hop == null) {
                return client;
            }
            client = hop;
        }
        return client;
    }

    /** Returns whether that is the address of a proxy that is named here. */
    boolean trusts(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            return unix;
        }
        for (AddressRange range : ranges) {
            if (range.contains(inet.getAddress())) {
                return true;
            }
        }
        return false;
    }
}

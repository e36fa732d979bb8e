// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** In which order the addresses of a name are tried. */
final class Addresses {
    private Addresses() {}

    /**
     * The first stays the first, for the resolver has sorted by preference (gai.conf(5)); after it the families take
     * turns, so that one that leads nowhere costs one delay and not one for each of its addresses ("Happy Eyeballs").
     */
    static List<InetAddress> interleaved(List<InetAddress> sorted) {
        Deque<InetAddress> four = new ArrayDeque<>();
        Deque<InetAddress> six = new ArrayDeque<>();
        for (InetAddress address : sorted) {
            (address instanceof Inet4Address ? four : six).add(address);
        }
        List<InetAddress> order = new ArrayList<>(sorted.size());
        boolean fourNext = sorted.getFirst() instanceof Inet4Address;
        while (!four.isEmpty() || !six.isEmpty()) {
            Deque<InetAddress> turn = (fourNext && !four.isEmpty()) || six.isEmpty() ? four : six;
            order.add(turn.remove());
            fourNext = turn == six;
        }
        return order;
    }

    /** Whether a socket that is bound to {@code from} can connect there. */
    static boolean sameFamily(InetAddress address, @Nullable SocketAddress from) {
        return !(from instanceof InetSocketAddress inet)
                || inet.getAddress() instanceof Inet4Address == address instanceof Inet4Address;
    }
}

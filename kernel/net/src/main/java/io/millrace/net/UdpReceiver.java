// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** What happens to a UDP socket. Called on the loop. */
@FunctionalInterface
public interface UdpReceiver {

    /** A datagram has come. The view is lent for the length of this call. */
    void received(Datagram datagram, UdpSocket socket);

    /** After {@link UdpSocket#send} had no room: there is room again. */
    default void writable(UdpSocket socket) {}

    /**
     * The network has refused a datagram that was sent before, and says which (ip(7) IP_RECVERR): {@code ECONNREFUSED},
     * for instance, when no socket listens there. Only with {@link UdpOptions#errors}; without, the error of a
     * connected socket is told by {@link #failed}, which this calls.
     *
     * @param to where the datagram was sent to
     * @param errno the error number, positive
     */
    default void refused(@Nullable InetSocketAddress to, int errno, UdpSocket socket) {
        failed(errno, socket);
    }

    /**
     * Something went wrong with a datagram that was sent. On a connected socket that is also what the network says of
     * it later (udp(7)): {@code ECONNREFUSED}, for instance, when no socket listens on the peer's port. The socket goes
     * on.
     *
     * @param errno the error number, positive
     */
    default void failed(int errno, UdpSocket socket) {}
}

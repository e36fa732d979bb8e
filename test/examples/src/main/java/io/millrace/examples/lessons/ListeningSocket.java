// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;

/** What every server begins with: socket(2), bind(2), listen(2), and accept(2) as often as a client connects. */
final class ListeningSocket {
    private static final int BACKLOG = 128;

    private ListeningSocket() {}

    /**
     * Opens a socket that listens on a port of the loopback address.
     *
     * @param port 0 for a free one
     * @param flags SOCK_NONBLOCK, or 0 for one on which {@link #accept} waits
     * @return the descriptor
     */
    static int open(int port, int flags) throws SysException {
        int listener = Sockets.socket(Sockets.AF_INET, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC | flags, 0);
        if (listener < 0) {
            throw new SysException("socket", listener, "for port " + port);
        }
        // A server that is started again would wait for the connections of its last life to leave TIME_WAIT (tcp(7)).
        Sockets.setsockopt(listener, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1);
        byte[] address = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", port));
        int result = Sockets.bind(listener, address, address.length);
        result = result < 0 ? result : Sockets.listen(listener, BACKLOG);
        if (result < 0) {
            Descriptors.close(listener);
            throw new SysException("bind", result, "port " + port);
        }
        System.out.println("listening on port " + port(listener));
        return listener;
    }

    /** Returns the port that a socket is bound to. */
    static int port(int listener) {
        byte[] address = new byte[SocketAddresses.SIZE_IN];
        Sockets.getsockname(listener, address);
        return SocketAddresses.decode(address).getPort();
    }

    /**
     * Accepts a connection.
     *
     * @param flags SOCK_NONBLOCK or 0
     * @return its descriptor; -EAGAIN if no client waits and the socket does not block; -EINVAL after {@link #stop}
     */
    static int accept(int listener, int flags) {
        int client;
        do {
            client = Sockets.accept4(listener, new byte[0], Sockets.SOCK_CLOEXEC | flags);
            // ECONNABORTED: who was to be accepted has gone again; the next one may be there.
        } while (client == -Errno.EINTR || client == -Errno.ECONNABORTED);
        return client;
    }

    /** Ends a server from another thread: its wait ends, and so does every {@link #accept}. */
    static void stop(int listener) {
        Sockets.shutdown(listener, Sockets.SHUT_RDWR);
    }
}

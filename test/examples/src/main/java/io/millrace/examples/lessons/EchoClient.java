// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;

/**
 * A client of an echo server that does not block: the descriptor, and what was received and has not been sent back. The
 * servers over select, poll and {@code Poller} differ in how they wait and have this in common.
 */
final class EchoClient {
    final int fd;
    private final byte[] bytes = new byte[4096];
    private int from;
    private int to;

    EchoClient(int fd) {
        this.fd = fd;
    }

    /**
     * Tells what to wait for: room to write while something is to be sent, else something to read. Not both, so a
     * client who does not read is not read from.
     */
    boolean waitsToWrite() {
        return from < to;
    }

    /**
     * Receives and sends as much as one call each can without waiting.
     *
     * @return false if the connection is over, by its end or by an error; it is still to be closed
     */
    boolean serve() {
        int result = waitsToWrite() ? 1 : receive();
        if (result > 0) {
            result = send();
        }
        return result > 0 || result == -Errno.EAGAIN;
    }

    private int receive() {
        int n = Sockets.recv(fd, bytes, 0, bytes.length, 0);
        from = 0;
        to = Math.max(0, n);
        return n;
    }

    private int send() {
        int n = Sockets.send(fd, bytes, from, to - from, Sockets.MSG_NOSIGNAL);
        from += Math.max(0, n);
        return n;
    }

    void close() {
        Descriptors.close(fd);
    }
}

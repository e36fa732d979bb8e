// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A connection of a web server that does not block. A request that has come in part waits in one buffer, an answer that
 * has left in part in another.
 */
final class WebConnection {
    final int fd;

    /** For the server: whether the descriptor is watched for writing; else it is for reading. */
    boolean armedToWrite;

    private byte[] request = new byte[512];
    private int received;
    private byte[] answer = {};
    private int sent;
    private boolean closing;

    WebConnection(int fd) {
        this.fd = fd;
    }

    /** Tells whether part of an answer waits until the socket has room. */
    boolean waitsToWrite() {
        return sent < answer.length;
    }

    /**
     * Sends what waits, receives, and answers requests that are complete.
     *
     * @param all whether to go on until the kernel says EAGAIN, as edge trigger demands; else receives once
     * @return false if the connection is over
     */
    boolean serve(boolean all) {
        boolean mayReceive = true;
        int n = 1;
        while (n > 0) {
            if (waitsToWrite()) {
                n = send();
            } else if (closing) {
                return false;
            } else if (!answersNext()) {
                if (!mayReceive) {
                    return true;
                }
                n = receive();
                mayReceive = all;
            }
        }
        return n == -Errno.EAGAIN;
    }

    private int receive() {
        if (received == request.length) {
            request = Arrays.copyOf(request, 2 * received);
        }
        int n = Sockets.recv(fd, request, received, request.length - received, 0);
        received += Math.max(0, n);
        return n;
    }

    private int send() {
        int n = Sockets.send(fd, answer, sent, answer.length - sent, Sockets.MSG_NOSIGNAL);
        sent += Math.max(0, n);
        return n;
    }

    /** Answers the first request in the buffer. Returns false if the rest of it is still to come. */
    private boolean answersNext() {
        WebRequest first = WebRequest.first(request, received);
        if (first == null) {
            return false;
        }
        answer = first.answer().getBytes(StandardCharsets.ISO_8859_1);
        sent = 0;
        closing = first.last();
        received -= first.length();
        System.arraycopy(request, first.length(), request, 0, received);
        return true;
    }
}

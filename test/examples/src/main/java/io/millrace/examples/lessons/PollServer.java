// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Poll;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One thread for all clients, over poll(2). What is asked for and what was found are two fields of an entry, so the
 * array stays as it is from round to round. There is no limit of 1,024. The kernel still looks at every entry.
 */
public final class PollServer {
    private final int listener;

    /** Entry 0 is the listening socket, entry i + 1 is client i. */
    private MemorySegment array = Arena.ofAuto().allocate(64L * Poll.POLLFD_SIZE, 8);

    private final List<EchoClient> clients = new ArrayList<>();

    private PollServer(int listener) {
        this.listener = listener;
        Poll.fill(array, 0, listener, Poll.POLLIN);
    }

    /** Serves until {@link ListeningSocket#stop}. The listening socket does not block. */
    static void serve(int listener) {
        PollServer server = new PollServer(listener);
        boolean goesOn = true;
        while (goesOn) {
            goesOn = server.round();
        }
        server.clients.forEach(EchoClient::close);
        Descriptors.close(listener);
    }

    private boolean round() {
        int n = Poll.poll(array, clients.size() + 1, -1);
        if (n < 0) {
            return n == -Errno.EINTR;
        }
        // Backwards: the last entry moves to where one is removed, and has had its turn.
        for (int i = clients.size() - 1; i >= 0; i--) {
            if (Poll.revents(array, i + 1) != 0) {
                serve(i, clients.get(i));
            }
        }
        return Poll.revents(array, 0) == 0 || accept();
    }

    /** Also for what was not asked for, POLLERR and POLLHUP: recv and send tell what it is. */
    private void serve(int i, EchoClient client) {
        if (client.serve()) {
            put(i, client);
            return;
        }
        client.close();
        EchoClient last = clients.removeLast();
        if (last != client) {
            clients.set(i, last);
            put(i, last);
        }
    }

    private void put(int i, EchoClient client) {
        Poll.fill(array, i + 1, client.fd, client.waitsToWrite() ? Poll.POLLOUT : Poll.POLLIN);
    }

    /**
     * Accepts one client; the next round brings the next one. Returns false when the socket does not listen any more.
     */
    private boolean accept() {
        int fd = ListeningSocket.accept(listener, Sockets.SOCK_NONBLOCK);
        if (fd >= 0) {
            clients.add(new EchoClient(fd));
            if (array.byteSize() < (clients.size() + 1L) * Poll.POLLFD_SIZE) {
                array = Arena.ofAuto().allocate(2 * array.byteSize(), 8).copyFrom(array);
            }
            put(clients.size() - 1, clients.getLast());
        }
        return fd != -Errno.EINVAL;
    }

    /** {@code nc 127.0.0.1 7103}. */
    public static void main(String[] args) throws SysException {
        serve(ListeningSocket.open(Integer.getInteger("port", 7103), Sockets.SOCK_NONBLOCK));
    }
}

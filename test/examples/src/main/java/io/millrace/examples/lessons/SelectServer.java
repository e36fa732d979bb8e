// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Select;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One thread for all clients, over select(2). The kernel leaves in the sets what is ready, so they are filled anew in
 * each round; it looks at every descriptor up to the highest, and then the server does so, too.
 */
public final class SelectServer {
    private final MemorySegment reading = Arena.ofAuto().allocate(Select.bytes(Select.FD_SETSIZE), 8);
    private final MemorySegment writing = Arena.ofAuto().allocate(Select.bytes(Select.FD_SETSIZE), 8);
    private final MemorySegment exceptional = Arena.ofAuto().allocate(Select.bytes(Select.FD_SETSIZE), 8);
    private final List<EchoClient> clients = new ArrayList<>();
    private final int listener;

    private SelectServer(int listener) {
        this.listener = listener;
    }

    /** Serves until {@link ListeningSocket#stop}. The listening socket does not block. */
    static void serve(int listener) {
        SelectServer server = new SelectServer(listener);
        boolean goesOn = true;
        while (goesOn) {
            goesOn = server.round();
        }
        server.clients.forEach(EchoClient::close);
        Descriptors.close(listener);
    }

    private boolean round() {
        int highest = fillSets();
        int n = Select.select(highest + 1, reading, writing, exceptional, -1);
        if (n < 0) {
            // The sets hold nothing then. A signal (EINTR) is no reason to stop.
            return n == -Errno.EINTR;
        }
        clients.removeIf(client -> isReady(client) && isOver(client));
        return !Select.isSet(reading, listener) || accept();
    }

    /** Returns the highest descriptor in the sets. */
    private int fillSets() {
        reading.fill((byte) 0);
        writing.fill((byte) 0);
        Select.set(reading, listener);
        int highest = listener;
        for (EchoClient client : clients) {
            Select.set(client.waitsToWrite() ? writing : reading, client.fd);
            highest = Math.max(highest, client.fd);
        }
        return highest;
    }

    private boolean isReady(EchoClient client) {
        return Select.isSet(reading, client.fd) || Select.isSet(writing, client.fd);
    }

    private static boolean isOver(EchoClient client) {
        boolean over = !client.serve();
        if (over) {
            client.close();
        }
        return over;
    }

    /**
     * Accepts one client; the next round brings the next one. Returns false when the socket does not listen any more.
     */
    private boolean accept() {
        int client = ListeningSocket.accept(listener, Sockets.SOCK_NONBLOCK);
        if (client >= Select.FD_SETSIZE) {
            // FD_SET would write behind the set. In C nothing stops it.
            Descriptors.close(client);
        } else if (client >= 0) {
            clients.add(new EchoClient(client));
        }
        return client != -Errno.EINVAL;
    }

    /** {@code nc 127.0.0.1 7102}. */
    public static void main(String[] args) throws SysException {
        serve(ListeningSocket.open(Integer.getInteger("port", 7102), Sockets.SOCK_NONBLOCK));
    }
}

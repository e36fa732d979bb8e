// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Pollers;
import io.millrace.poll.Ready;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One thread for all clients, over the room {@code poll}: the same lines wait by select, poll, epoll, kqueue or
 * signals. What differed from page to page is inside the {@link Poller}.
 */
public final class PollerServer {
    private final int listener;
    private final Poller poller;
    private final Ready ready = new Ready(64);
    private final Map<Long, EchoClient> clients = new HashMap<>();
    private volatile boolean stopping;

    PollerServer(int listener, PollerKind kind) throws SysException {
        this.listener = listener;
        this.poller = Pollers.open(kind, ready.capacity());
    }

    /** Serves until {@link #stop}. The listening socket does not block. */
    void serve() throws SysException {
        check(poller.add(listener, Interest.READ, listener));
        while (!stopping) {
            int n = check(poller.poll(-1, ready));
            for (int i = 0; i < n; i++) {
                if (ready.token(i) == listener) {
                    accept();
                } else {
                    serve(clients.get(ready.token(i)));
                }
            }
        }
        clients.values().forEach(EchoClient::close);
        poller.close();
        Descriptors.close(listener);
    }

    private int check(int result) throws SysException {
        if (result < 0) {
            throw new SysException(poller.name(), result, "of the server");
        }
        return result;
    }

    private void accept() throws SysException {
        int fd = ListeningSocket.accept(listener, Sockets.SOCK_NONBLOCK);
        if (fd >= 0) {
            clients.put((long) fd, new EchoClient(fd));
            check(poller.add(fd, Interest.READ, fd));
        }
    }

    private void serve(EchoClient client) {
        boolean waited = client.waitsToWrite();
        if (!client.serve()) {
            // First the poller, then the kernel: the next connection may get the same number.
            poller.closing(client.fd);
            clients.remove((long) client.fd).close();
        } else if (waited != client.waitsToWrite()) {
            poller.modify(client.fd, waited ? Interest.READ : Interest.WRITE, client.fd);
        }
    }

    /** Ends the server from another thread. */
    void stop() {
        stopping = true;
        poller.wakeup();
    }

    /** {@code PollerServer select}, or {@code poll}, {@code epoll}, {@code sigio}; {@code nc 127.0.0.1 7105}. */
    public static void main(String[] args) throws SysException {
        PollerKind kind = PollerKind.valueOf(args.length > 0 ? args[0].toUpperCase(Locale.ROOT) : "EPOLL");
        new PollerServer(ListeningSocket.open(Integer.getInteger("port", 7105), Sockets.SOCK_NONBLOCK), kind).serve();
    }
}

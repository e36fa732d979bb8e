// SPDX-License-Identifier: Apache-2.0
package io.millrace.poll;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.sys.Descriptors;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;

/** What the tests of pollers stand on: sockets that are closed afterwards, and a poller in one of its triggers. */
abstract class PollerCases {
    static final long SECOND = 1_000_000_000L;
    static final byte[] SOME = {1, 2, 3, 4};
    static final int SIGPIPE = 13;
    static final int MSG_OOB = 1;
    private static final int TYPE = Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC;

    static {
        KqueueEmulation.prepare();
    }

    final Ready ready = new Ready(64);
    Poller poller;
    private Mode mode;
    private final List<Integer> descriptors = new ArrayList<>();

    /** A poller and how it reports. */
    record Mode(PollerKind kind, boolean edge) {
        int with(int interest) {
            return edge ? interest | Interest.EDGE : interest;
        }

        /** The interest in the peer's end, where there is one. */
        int peerClosed(Poller poller) {
            return poller.supports() & Interest.PEER_CLOSED;
        }

        @Override
        public String toString() {
            return kind.word() + (edge ? ", edge" : ", level");
        }
    }

    void open(Mode wanted) throws Exception {
        String whyNot = Pollers.whyNot(wanted.kind);
        Assumptions.assumeTrue(whyNot == null, wanted + ": " + whyNot);
        mode = wanted;
        poller = Pollers.open(wanted.kind, ready.capacity());
    }

    @AfterEach
    void closeAll() {
        if (poller != null) {
            poller.close();
        }
        descriptors.forEach(Descriptors::close);
    }

    void add(int fd, int interest, long token) {
        assertEquals(0, poller.add(fd, mode.with(interest), token));
    }

    void modify(int fd, int interest, long token) {
        assertEquals(0, poller.modify(fd, mode.with(interest), token));
    }

    int opened(int fd) {
        assertTrue(fd >= 0, "no descriptor: " + fd);
        descriptors.add(fd);
        return fd;
    }

    /** Two connected Unix stream sockets. */
    int[] pair() {
        int[] pair = new int[2];
        assertEquals(0, Sockets.socketpair(Sockets.AF_UNIX, TYPE, 0, pair));
        opened(pair[0]);
        opened(pair[1]);
        return pair;
    }

    int tcp() {
        return opened(Sockets.socket(Sockets.AF_INET, TYPE, 0));
    }

    /** Two connected TCP sockets. */
    int[] tcpPair() {
        int listener = tcp();
        byte[] any = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", 0));
        assertEquals(0, Sockets.bind(listener, any, any.length));
        assertEquals(0, Sockets.listen(listener, 1));
        byte[] address = new byte[any.length];
        Sockets.getsockname(listener, address);
        int client = tcp();
        Sockets.connect(client, address, address.length);
        int server;
        do {
            server = Sockets.accept4(listener, new byte[any.length], Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC);
        } while (server < 0);
        return new int[] {opened(server), client};
    }

    /** One that was free a moment ago. */
    int unusedPort() {
        int fd = tcp();
        byte[] any = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", 0));
        assertEquals(0, Sockets.bind(fd, any, any.length));
        byte[] address = new byte[any.length];
        Sockets.getsockname(fd, address);
        // Bound and not listening: it stays ours, and whoever connects is refused.
        return SocketAddresses.decode(address).getPort();
    }

    void closeNow(int fd) {
        descriptors.remove((Integer) fd);
        assertEquals(0, Descriptors.close(fd));
    }

    static void send(int fd) {
        assertEquals(SOME.length, Sockets.send(fd, SOME, 0, SOME.length, Sockets.MSG_NOSIGNAL));
    }

    static int receive(int fd, int most) {
        return Sockets.recv(fd, new byte[most], 0, most, 0);
    }

    Map<Long, Integer> poll(long nanos) {
        int n = poller.poll(nanos, ready);
        assertEquals(ready.count(), n);
        Map<Long, Integer> events = new HashMap<>();
        for (int i = 0; i < n; i++) {
            assertNull(events.put(ready.token(i), ready.events(i)), "one event a descriptor");
        }
        return events;
    }

    /** A wait ends long before its time, without any event. */
    void assertWoken() {
        long start = System.nanoTime();
        assertEquals(Map.of(), poll(60 * SECOND));
        assertTrue(System.nanoTime() - start < 30 * SECOND, "not woken");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.socket.Kernel.Sharing;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Errno;
import io.millrace.sys.Poll;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * The kernel of this machine under a script, over loopback. What one end does reaches the other a little later; so each
 * call that the other side says finds something waits for it, and {@link #settle} waits until everything has arrived.
 */
final class LinuxSide extends KernelSide {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    private static final int PEEKED = 256 * 1024;
    private static final int MSG_PEEK = 2;
    private static final int TCP_INFO = 11;

    /** States of a connection (tcp(7), tcpi_state) in which the end of our stream is not acknowledged yet. */
    private static final int FIN_WAIT1 = 4;

    private static final int LAST_ACK = 9;
    private static final int CLOSING = 11;

    private final MemorySegment pollfd = Arena.ofAuto().allocate(Poll.POLLFD_SIZE, 8);
    private final byte[] peeked = new byte[PEEKED];
    private final Map<Integer, Integer> peers = new HashMap<>();

    /** Where a server listens that {@link #connect} reaches; it takes the place of the peer. */
    private final int far;

    LinuxSide(boolean polls) throws SysException {
        super(Kernel.host(), polls);
        far = kernel.listen(ANY_PORT, ListenFlags.USUAL, Sharing.ALONE);
    }

    static InetSocketAddress anyPort() {
        return ANY_PORT;
    }

    InetSocketAddress address(int listener) {
        return (InetSocketAddress) kernel.local(descriptor(listener));
    }

    InetSocketAddress far() {
        return (InetSocketAddress) kernel.local(far);
    }

    /** The far end of a connection that {@link #connect} has opened becomes its peer. */
    void acceptFar(int socket) {
        await(() -> (level(descriptor(socket), Poll.POLLOUT) & Interest.WRITE) != 0, () -> "connecting takes too long");
        int[] peer = new int[1];
        await(() -> (peer[0] = kernel.accept(far, new RawSockaddr())) >= 0, () -> "not accepted: " + peer[0]);
        peers.put(socket, peer[0]);
    }

    @Override
    int level(int socket) {
        return level(descriptor(socket), Poll.POLLIN | Poll.POLLOUT | Poll.POLLRDHUP);
    }

    private int level(int fd, int events) {
        Poll.fill(pollfd, 0, fd, events);
        Poll.poll(pollfd, 1, 0);
        int found = Poll.revents(pollfd, 0);
        return ((found & Poll.POLLIN) != 0 ? Interest.READ : 0)
                | ((found & Poll.POLLOUT) != 0 ? Interest.WRITE : 0)
                | ((found & Poll.POLLRDHUP) != 0 ? Interest.PEER_CLOSED : 0)
                | ((found & Poll.POLLERR) != 0 ? Interest.ERROR : 0)
                | ((found & Poll.POLLHUP) != 0 ? Interest.HANGUP : 0);
    }

    @Override
    int accept(int listener, int socket, int expected) {
        int[] result = {super.accept(listener, socket, expected)};
        if (expected >= 0 && result[0] == -Errno.EAGAIN) {
            await(() -> (result[0] = super.accept(listener, socket, expected)) != -Errno.EAGAIN, () -> "not accepted");
        }
        return result[0];
    }

    /** As the other side has settled: the same bytes, ends and errors have arrived here. */
    void settle(SimSide sim, int socket, boolean connection, boolean peer) {
        if (isOpen(socket)) {
            await(
                    () -> level(socket) == sim.level(socket),
                    () -> "socket " + socket + " is " + Interest.describe(level(socket)) + " instead of "
                            + Interest.describe(sim.level(socket)));
        }
        if (isOpen(socket) && connection) {
            awaitBytes(descriptor(socket), sim.available(socket), "the server of " + socket);
            await(() -> !waitsForAcknowledgement(descriptor(socket)), () -> "no acknowledgement of the end");
        }
        if (peer && connection) {
            awaitBytes(peers.get(socket), sim.unread(socket), "the peer of " + socket);
        }
    }

    private boolean waitsForAcknowledgement(int fd) {
        byte[] info = new byte[1];
        Sockets.getsockopt(fd, Sockets.IPPROTO_TCP, TCP_INFO, info);
        return info[0] == FIN_WAIT1 || info[0] == LAST_ACK || info[0] == CLOSING;
    }

    private void awaitBytes(int fd, int count, String whose) {
        if (count > 0) {
            await(
                    () -> Sockets.recv(fd, peeked, 0, PEEKED, MSG_PEEK) >= count,
                    () -> count + " bytes do not come to " + whose + " but "
                            + Sockets.recv(fd, peeked, 0, PEEKED, MSG_PEEK));
        }
    }

    @Override
    Map<Integer, Integer> poll(Map<Integer, Integer> expected) {
        Map<Integer, Integer> found = poll();
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!found.keySet().containsAll(expected.keySet()) && System.nanoTime() - end < 0) {
            poll().forEach((socket, bits) -> found.merge(socket, bits, (a, b) -> a | b));
        }
        return found;
    }

    // ---- the peer's end ----

    @Override
    void peerConnect(int listener, int socket) {
        int peer = kernel.connect(address(listener), null);
        peers.put(socket, peer);
        await(() -> (level(peer, Poll.POLLOUT) & Interest.WRITE) != 0, () -> "connecting takes too long: " + peer);
        await(() -> level(listener) == Interest.READ, () -> "the listener does not hear of " + socket);
    }

    @Override
    int peerSend(int socket, int count) {
        int n = kernel.send(peers.get(socket), next(socket, Stream.SENT_BY_PEER, count), 0, count, false);
        advance(socket, Stream.SENT_BY_PEER, n);
        return n;
    }

    @Override
    void peerFinish(int socket) {
        kernel.shutdown(peers.get(socket));
    }

    @Override
    void peerReset(int socket) {
        kernel.abort(peers.remove(socket));
    }

    @Override
    int peerRead(int socket, int most, int expected) {
        int fd = peers.get(socket);
        byte[] into = new byte[most];
        int[] n = {kernel.receive(fd, into, 0, most)};
        if (expected != 0 && n[0] == -Errno.EAGAIN) {
            await(
                    () -> (n[0] = kernel.receive(fd, into, 0, most)) != -Errno.EAGAIN,
                    () -> "nothing comes to the peer of " + socket);
        }
        check(socket, Stream.READ_BY_PEER, into, n[0]);
        return switch (n[0]) {
            case 0 -> -1;
            case -Errno.EAGAIN -> 0;
            case -Errno.ECONNRESET -> -2;
            default -> n[0];
        };
    }

    private static void await(BooleanSupplier condition, Supplier<String> complaint) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("Linux: " + complaint.get());
            }
            Thread.yield();
        }
    }

    @Override
    public void close() {
        peers.values().forEach(kernel::close);
        kernel.close(far);
        super.close();
    }
}

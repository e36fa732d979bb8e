// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.Kernel.Sharing;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * One of two kernels that run the same script. Sockets have the numbers that the script gives them, the same on both
 * sides, since descriptors differ. Results are those of {@link Kernel}.
 *
 * <p>Each direction of a connection carries bytes that follow from their place in the stream, so that each side can
 * check by itself that none is lost, doubled or out of order.
 */
abstract class KernelSide implements AutoCloseable {
    /** The length of the pattern in the bytes that the server sends: a prime, so that it fits no buffer. */
    static final int PERIOD = 251;

    static final int PIECE = 4096;

    final Kernel kernel;
    final Poller poller;
    private final Ready ready = new Ready(64);
    private final Map<Integer, Integer> descriptors = new HashMap<>();
    private final Map<Integer, long[]> positions = new HashMap<>();

    /** The streams of a connection, as places in {@link #positions}. */
    enum Stream {
        SENT_BY_PEER,
        RECEIVED,
        SENT,
        READ_BY_PEER
    }

    /** A side that watches its sockets by epoll, or by a ring, which this class knows nothing of. */
    KernelSide(Kernel kernel, boolean polls) throws SysException {
        this.kernel = kernel;
        this.poller = polls ? kernel.poller(PollerKind.EPOLL, ready.capacity()) : null;
    }

    // ---- the server's end ----

    final int listen(int socket, InetSocketAddress address) throws SysException {
        return opened(socket, kernel.listen(address, ListenFlags.USUAL, Sharing.ALONE));
    }

    /** Takes a connection, which is to have this number; {@code expected} is what the other side has got. */
    int accept(int listener, int socket, int expected) {
        return opened(socket, kernel.accept(descriptor(listener), new RawSockaddr()));
    }

    /** Begins to connect; the descriptor, -errno, whatever {@code address} makes of it. */
    final int connect(int socket, InetSocketAddress address) {
        return opened(socket, kernel.connect(address, null));
    }

    final int opened(int socket, int result) {
        if (result >= 0) {
            descriptors.put(socket, result);
        }
        return Math.min(result, 0);
    }

    final int connected(int socket) {
        return kernel.connected(descriptor(socket));
    }

    /** Receives at most so many bytes and checks them. */
    int receive(int socket, int most, int expected) {
        byte[] into = new byte[most];
        int n = kernel.receive(descriptor(socket), into, 0, most);
        check(socket, Stream.RECEIVED, into, n);
        return n;
    }

    final int send(int socket, int count) {
        int n = kernel.send(descriptor(socket), next(socket, Stream.SENT, count), 0, count, false);
        advance(socket, Stream.SENT, n);
        return n;
    }

    /** Sends part of a file that holds the server's pattern from its first byte. */
    final int sendFile(int socket, int file, int count) {
        long position = position(socket, Stream.SENT) % PERIOD;
        int n = (int) kernel.sendFile(descriptor(socket), file, position, count);
        advance(socket, Stream.SENT, n);
        return n;
    }

    final int shutdown(int socket) {
        return kernel.shutdown(descriptor(socket));
    }

    final int adopt(int socket) {
        return kernel.adopt(descriptor(socket));
    }

    final int close(int socket) {
        closing(socket);
        return kernel.close(descriptors.remove(socket));
    }

    final int abort(int socket) {
        closing(socket);
        return kernel.abort(descriptors.remove(socket));
    }

    private void closing(int socket) {
        if (poller != null) {
            poller.closing(descriptor(socket));
        }
    }

    final int watch(int socket, int interest) {
        return poller.add(descriptor(socket), interest, socket);
    }

    final int watchAnew(int socket, int interest) {
        return poller.modify(descriptor(socket), interest, socket);
    }

    final int unwatch(int socket) {
        return poller.remove(descriptor(socket));
    }

    /** What a wait that does not wait finds, by number. */
    final Map<Integer, Integer> poll() {
        int n = poller.poll(0, ready);
        Map<Integer, Integer> found = new TreeMap<>();
        for (int i = 0; i < n; i++) {
            found.put((int) ready.token(i), ready.events(i));
        }
        return found;
    }

    /** As the other; {@code expected} is what the other side has found. */
    Map<Integer, Integer> poll(Map<Integer, Integer> expected) {
        return poll();
    }

    /** What poll(2) says of a socket, {@link Interest} bits. */
    abstract int level(int socket);

    // ---- the peer's end ----

    abstract void peerConnect(int listener, int socket);

    /** Sends so many bytes; negative if the connection does not stand any more. */
    abstract int peerSend(int socket, int count);

    abstract void peerFinish(int socket);

    abstract void peerReset(int socket);

    /** Reads at most so many bytes: how many, 0 for none yet, -1 for the end, -2 for a connection broken off. */
    abstract int peerRead(int socket, int most, int expected);

    /** Sends until there is no room, and then lets the peer read everything: the error that said so. */
    final int fillAndDrain(int socket) {
        int result = send(socket, PIECE);
        while (result >= 0) {
            result = send(socket, PIECE);
        }
        while (position(socket, Stream.READ_BY_PEER) < position(socket, Stream.SENT)) {
            peerRead(socket, PIECE, PIECE);
        }
        return result;
    }

    // ---- the bytes ----

    final byte[] next(int socket, Stream stream, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = at(socket, stream, position(socket, stream) + i);
        }
        return bytes;
    }

    private static byte at(int socket, Stream stream, long position) {
        boolean fromServer = stream == Stream.SENT || stream == Stream.READ_BY_PEER;
        return (byte) (fromServer ? position % PERIOD : position * 7 + socket);
    }

    final long position(int socket, Stream stream) {
        return positions.computeIfAbsent(socket, number -> new long[Stream.values().length])[stream.ordinal()];
    }

    final void advance(int socket, Stream stream, int n) {
        long before = position(socket, stream);
        positions.get(socket)[stream.ordinal()] = before + Math.max(0, n);
    }

    final void check(int socket, Stream stream, byte[] bytes, int n) {
        for (int i = 0; i < n; i++) {
            long position = position(socket, stream) + i;
            if (bytes[i] != at(socket, stream, position)) {
                throw new AssertionError("a wrong byte at " + position + " of " + stream + ", socket " + socket);
            }
        }
        advance(socket, stream, n);
    }

    final int descriptor(int socket) {
        return descriptors.get(socket);
    }

    final boolean isOpen(int socket) {
        return descriptors.containsKey(socket);
    }

    @Override
    public void close() {
        descriptors.values().forEach(kernel::close);
        if (poller != null) {
            poller.close();
        }
    }
}

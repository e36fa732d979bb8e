// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.ring.Ring;
import io.millrace.socket.Kernel;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Errno;
import io.millrace.sys.Files;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A kernel that plays sockets, listeners, epoll, io_uring and the clock in one thread, with faults drawn from a seed:
 * the same seed plays the same schedule, call by call. Checks as it goes that no call uses a closed descriptor, sends
 * after a shutdown, or spins.
 *
 * <p>Files are real ones; only their way to the client is simulated.
 */
public final class SimKernel extends Kernel {
    private static final int FIRST_DESCRIPTOR = 3;
    private static final int LIMIT = 1024;

    final SimFaults faults;
    final SimWorld world = new SimWorld(this);

    /** What the loop waits with. */
    SimReporter reporter;

    /** Counts what has moved: a loop that waits and waits while nothing does, spins. */
    long moves;

    private final long seed;
    private final Map<Integer, SimConnection> connections = new HashMap<>();
    private final Map<Integer, SocketAddress> listeners = new HashMap<>();
    private final Map<Integer, SimAttempt> attempts = new LinkedHashMap<>();
    private final Map<Integer, ArrayDeque<SimConnection>> queues = new HashMap<>();
    private final Map<SocketAddress, SimHost> hosts = new HashMap<>();
    private final Set<Integer> spares = new TreeSet<>();
    private final Set<SimConnection> deniedRoom = new LinkedHashSet<>();
    private long now = 1_000_000_000L;
    private int peers;

    /** TLS that one call in so many refuses, -1 for a kernel that has none. */
    private int tlsRefusals = -1;

    /** The first thing that was wrong, or {@code null}. */
    private AssertionError failure;

    /** The kernel of a seed. */
    public SimKernel(long seed) {
        this(seed, new SimFaults(seed));
    }

    private SimKernel(long seed, SimFaults faults) {
        this.seed = seed;
        this.faults = faults;
    }

    /** A kernel without faults, whose only lots are the order of events and how long they take. */
    public static SimKernel calm(long seed) {
        return new SimKernel(seed, SimFaults.none(seed));
    }

    /** Gives this kernel TLS, which one call in so many refuses at one step or another, 0 for none. */
    public void withTls(int refusals) {
        tlsRefusals = refusals;
    }

    /** How unkind this one is. */
    public SimFaults faults() {
        return faults;
    }

    /** Adds a client to the world. */
    public void add(SimClient client) {
        client.kernel = this;
        world.clients.add(client);
    }

    /**
     * Whether all clients have come to their end. Throws the first AssertionError that a check or a client has thrown:
     * where the loop called the kernel out of a callback, it took it for a failure of that callback.
     */
    public boolean done() {
        rethrow();
        return world.done();
    }

    /** The descriptors that are open: connections and listeners, by number. */
    public List<Integer> open() {
        rethrow();
        List<Integer> all = new ArrayList<>(connections.keySet());
        all.addAll(attempts.keySet());
        all.addAll(listeners.keySet());
        all.addAll(spares);
        return all;
    }

    void check(boolean condition, String what) {
        if (!condition) {
            throw failed(new AssertionError(what + " (seed " + seed + ")"));
        }
    }

    /** Notes that something is wrong. Returns the error, to be thrown. */
    AssertionError failed(AssertionError wrong) {
        if (failure == null) {
            failure = wrong;
        }
        return wrong;
    }

    private void rethrow() {
        if (failure != null) {
            throw failure;
        }
    }

    /** Lets time pass. */
    public void pass(long nanos) {
        now += nanos;
    }

    SimConnection connect(int port) {
        SimConnection connection = new SimConnection(this);
        for (Map.Entry<Integer, SocketAddress> listener : listeners.entrySet()) {
            if (listener.getValue() instanceof InetSocketAddress inet && inet.getPort() == port) {
                queues.get(listener.getKey()).add(connection);
                reporter.changed(listener.getKey(), Interest.READ);
                return connection;
            }
        }
        connection.reset();
        return connection;
    }

    /** The connection of a descriptor, or {@code null}. */
    SimConnection connection(int fd) {
        return connections.get(fd);
    }

    void later(SimConnection connection) {
        deniedRoom.add(connection);
    }

    boolean roomAgain() {
        if (deniedRoom.isEmpty()) {
            return false;
        }
        List<SimConnection> all = List.copyOf(deniedRoom);
        deniedRoom.clear();
        all.forEach(SimConnection::roomAgain);
        return true;
    }

    /** What happens to a client that connects to an address; for one that is not in there no answer comes. */
    public void host(SocketAddress address, SimHost host) {
        hosts.put(address, host);
    }

    SimHost host(SocketAddress address) {
        return hosts.getOrDefault(address, SimHost.SILENT);
    }

    boolean attempting() {
        return !attempts.isEmpty();
    }

    /** An attempt comes to its end, drawn by lot; {@code false} if none is under way that could. */
    boolean moveAttempt() {
        List<SimAttempt> under =
                attempts.values().stream().filter(SimAttempt::canEnd).toList();
        if (under.isEmpty()) {
            return false;
        }
        SimAttempt attempt = under.get(faults.random.nextInt(under.size()));
        attempt.end();
        reporter.changed(attempt.fd, Interest.WRITE);
        return true;
    }

    boolean isOpen(int fd) {
        return connections.containsKey(fd)
                || attempts.containsKey(fd)
                || listeners.containsKey(fd)
                || spares.contains(fd);
    }

    int level(int fd) {
        SimConnection connection = connections.get(fd);
        if (connection != null) {
            return connection.level();
        }
        if (attempts.containsKey(fd)) {
            return attempts.get(fd).level();
        }
        return queues.get(fd).isEmpty() ? 0 : Interest.READ;
    }

    /** The lowest that is free, so that numbers are used again as soon as can be. */
    private int descriptor() {
        int fd = FIRST_DESCRIPTOR;
        while (isOpen(fd)) {
            fd++;
        }
        return fd;
    }

    SimConnection at(int fd, String call) {
        SimConnection connection = connections.get(fd);
        check(connection != null, call + " on a descriptor that is no connection: " + fd);
        reporter.answered(fd);
        return connection;
    }

    // ---- the door ----

    @Override
    public Poller poller(PollerKind kind, int capacity) {
        check(reporter == null, "one poller is enough");
        SimPoller poller = new SimPoller(this);
        reporter = poller;
        return poller;
    }

    @Override
    public Ring ring(int submissions, int completions) {
        check(reporter == null, "one ring is enough");
        SimRing ring = SimRing.open(this, submissions, completions);
        reporter = ring;
        return ring;
    }

    @Override
    public int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException {
        if (listeners.containsValue(address)) {
            throw new SysException("bind", Errno.EADDRINUSE, address);
        }
        int fd = descriptor();
        listeners.put(fd, address);
        queues.put(fd, new ArrayDeque<>());
        return fd;
    }

    @Override
    public void unlinkSocket(SocketAddress address) {
        // No files here.
    }

    @Override
    public int connect(SocketAddress to, SocketAddress from) {
        if (faults.happens(faults.exhausted)) {
            return -Errno.EMFILE;
        }
        SimAttempt attempt = new SimAttempt(host(to), faults.random);
        if (attempt.refusedAtOnce()) {
            return attempt.error();
        }
        int fd = descriptor();
        attempt.fd = fd;
        attempts.put(fd, attempt);
        moves++;
        return fd;
    }

    @Override
    public int connected(int fd) {
        SimAttempt attempt = attempts.get(fd);
        check(attempt != null, "outcome asked of a descriptor that does not connect: " + fd);
        int result = attempt.error();
        if (result == 0) {
            attempts.remove(fd);
            SimConnection connection = new SimConnection(this);
            connection.accepted(fd);
            connections.put(fd, connection);
        }
        return result;
    }

    @Override
    public int adopt(int fd) {
        SimConnection connection = connections.get(fd);
        return connection != null && connection.stands() ? 0 : -Errno.ENOTCONN;
    }

    @Override
    public int accept(int listener, RawSockaddr peer) {
        check(listeners.containsKey(listener), "accept on a descriptor that does not listen: " + listener);
        reporter.answered(listener);
        if (faults.happens(faults.interrupted)) {
            return -Errno.EINTR;
        }
        ArrayDeque<SimConnection> queue = queues.get(listener);
        if (queue.isEmpty()) {
            return -Errno.EAGAIN;
        }
        if (faults.happens(faults.exhausted)) {
            return faults.random.nextBoolean() ? -Errno.EMFILE : -Errno.ENFILE;
        }
        if (faults.happens(faults.abortedAccept)) {
            return -Errno.ECONNABORTED;
        }
        SimConnection connection = queue.remove();
        int fd = descriptor();
        connections.put(fd, connection);
        connection.accepted(fd);
        address(10_000 + peers++ % 50_000, peer);
        moves++;
        return fd;
    }

    private static void address(int port, RawSockaddr peer) {
        byte[] address = SocketAddresses.encode(new InetSocketAddress("127.0.0.1", port));
        System.arraycopy(address, 0, peer.bytes(), 0, address.length);
    }

    @Override
    public int peer(int fd, RawSockaddr peer) {
        at(fd, "getpeername");
        address(10_000 + fd, peer);
        return 0;
    }

    @Override
    public int receive(int fd, byte[] into, int offset, int length) {
        SimConnection connection = at(fd, "recv");
        check(length > 0, "recv without room: it would look like the end of the stream");
        if (faults.happens(faults.interrupted)) {
            return -Errno.EINTR;
        }
        int n = connection.serverReceive(into, offset, length);
        moves += n > 0 ? 1 : 0;
        return n;
    }

    @Override
    public int send(int fd, byte[] from, int offset, int length, boolean more) {
        SimConnection connection = at(fd, "send");
        check(length > 0, "send of nothing");
        if (faults.happens(faults.interrupted)) {
            return -Errno.EINTR;
        }
        int n = connection.serverSend(from, offset, length);
        moves += n > 0 ? 1 : 0;
        return n;
    }

    /** What attaching TLS to a socket and setting its keys may come to. */
    private static final int[] REFUSALS = {
        Errno.ENOENT, Errno.ENOPROTOOPT, Errno.ENOTCONN, Errno.EBUSY, Errno.EINVAL, Errno.ENOMEM
    };

    @Override
    public int protectOutput(int fd, int cipher, byte[] key, byte[] iv, long sequence) {
        SimConnection connection = at(fd, "setsockopt");
        if (tlsRefusals < 0) {
            return super.protectOutput(fd, cipher, key, iv, sequence);
        }
        if (faults.happens(tlsRefusals)) {
            return -REFUSALS[faults.random.nextInt(REFUSALS.length)];
        }
        connection.protect(new SimTls(key, iv, sequence));
        return 0;
    }

    @Override
    public int sendRecord(int fd, int type, byte[] content, int offset, int length) {
        SimConnection connection = at(fd, "sendmsg");
        return faults.happens(faults.interrupted)
                ? -Errno.EINTR
                : connection.serverSendRecord(type, content, offset, length);
    }

    @Override
    public long sendFile(int fd, int file, long position, long count) {
        byte[] bytes = new byte[(int) Math.min(count, 16 * 1024)];
        int n = Files.pread(file, bytes, 0, bytes.length, position);
        return n <= 0 ? n : send(fd, bytes, 0, n, false);
    }

    @Override
    public int shutdown(int fd) {
        return at(fd, "shutdown").shutdown();
    }

    @Override
    public int abort(int fd) {
        at(fd, "abort").abort();
        return close(fd);
    }

    @Override
    public int close(int fd) {
        check(isOpen(fd), "close of a descriptor that is not open: " + fd);
        reporter.closed(fd);
        attempts.remove(fd);
        SimConnection connection = connections.remove(fd);
        if (connection != null) {
            connection.close();
        }
        if (listeners.remove(fd) != null) {
            queues.remove(fd).forEach(SimConnection::reset);
        }
        spares.remove(fd);
        moves++;
        return 0;
    }

    @Override
    public int reserveDescriptor() {
        int fd = descriptor();
        spares.add(fd);
        return fd;
    }

    @Override
    public SocketAddress local(int fd) {
        return listeners.getOrDefault(fd, new InetSocketAddress("127.0.0.1", 80));
    }

    @Override
    public SocketAddress peer(int fd) {
        return new InetSocketAddress("127.0.0.1", 10_000 + fd);
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long descriptorLimit() {
        return LIMIT;
    }
}

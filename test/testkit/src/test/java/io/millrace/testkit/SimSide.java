// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/** The simulated kernel under a script, without faults; {@link #settle} lets everything arrive that is on its way. */
final class SimSide extends KernelSide {
    private final SimKernel sim;
    private final Map<Integer, SimConnection> connections = new HashMap<>();
    private final Map<Integer, Integer> ports = new HashMap<>();

    SimSide(long seed, boolean polls) throws SysException {
        this(SimKernel.calm(seed), polls);
    }

    private SimSide(SimKernel sim, boolean polls) throws SysException {
        super(sim, polls);
        this.sim = sim;
    }

    void listensAt(int listener, int port) {
        ports.put(listener, port);
    }

    /** What happens to whoever connects there. */
    void host(InetSocketAddress address, SimHost host) {
        sim.host(address, host);
    }

    /** The connection that a socket of {@link #connect} has become. */
    void adoptPeer(int socket) {
        connections.put(socket, sim.connection(descriptor(socket)));
    }

    @Override
    int level(int socket) {
        return sim.level(descriptor(socket));
    }

    /** Bytes that have come and that the server has not received. */
    int available(int socket) {
        return connections.get(socket).unreceived();
    }

    /** Bytes that have left and that the peer has not read. */
    int unread(int socket) {
        return connections.get(socket).unread();
    }

    /** Whether the ring has told of everything. */
    boolean isSettled() {
        return ((SimRing) sim.reporter).isSettled();
    }

    void settle() {
        while (sim.moveAttempt()) {
            // One attempt a call.
        }
        for (SimConnection connection : connections.values()) {
            while (connection.arrive()) {
                // As much as there is room for a call.
            }
        }
    }

    @Override
    void peerConnect(int listener, int socket) {
        connections.put(socket, sim.connect(ports.get(listener)));
    }

    @Override
    int peerSend(int socket, int count) {
        SimConnection connection = connections.get(socket);
        if (connection.isBroken()) {
            return -1;
        }
        connection.send(next(socket, Stream.SENT_BY_PEER, count), 0, count);
        advance(socket, Stream.SENT_BY_PEER, count);
        return count;
    }

    @Override
    void peerFinish(int socket) {
        connections.get(socket).finish();
    }

    @Override
    void peerReset(int socket) {
        connections.get(socket).reset();
    }

    @Override
    int peerRead(int socket, int most, int expected) {
        byte[] into = new byte[most];
        int n = connections.get(socket).read(into, 0, most);
        check(socket, Stream.READ_BY_PEER, into, n);
        return n;
    }

    @Override
    public String toString() {
        return connections.toString();
    }
}

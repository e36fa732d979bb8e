// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.poll.Interest;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

/**
 * Operations of a ring drawn by lot that both kernels get, one or two at a time, and what their peers do meanwhile. An
 * operation that is cancelled has been told of everything before, for what comes first otherwise is a matter of luck.
 */
final class RingScript {
    private static final int STEPS = 100;
    private static final int MOST_SOCKETS = 6;
    private static final int LISTENER = 0;

    private static final class Socket {
        final int number;
        boolean open;
        boolean finished;
        boolean endRead;
        boolean peer = true;
        boolean peerFinished;
        boolean peerEnded;
        long receive = -1;
        long poll = -1;

        Socket(int number) {
            this.number = number;
        }
    }

    private final Random random;
    private final SimSide sim;
    private final LinuxSide linux;
    private final RingSide simRing;
    private final RingSide linuxRing;
    private final int most;
    private final List<Socket> sockets = new ArrayList<>();
    private final ArrayDeque<Integer> waitingForSim = new ArrayDeque<>();
    private final ArrayDeque<Integer> waitingForLinux = new ArrayDeque<>();
    private final List<String> done = new ArrayList<>();
    private long operations;
    private long accept = -1;

    RingScript(long seed, SimSide sim, LinuxSide linux) throws SysException {
        this.random = new Random(seed * 0x9e3779b97f4a7c15L);
        this.sim = sim;
        this.linux = linux;
        // Who gets the last buffer is a matter of luck: few of them only where one connection has them all.
        boolean alone = random.nextBoolean();
        this.most = alone ? 2 : MOST_SOCKETS;
        int count = alone ? 1 << random.nextInt(4) : 64;
        int size = alone ? 1 + random.nextInt(700) : 4096;
        boolean incremental = alone && random.nextBoolean();
        this.simRing = new RingSide(sim, count, size, incremental);
        this.linuxRing = new RingSide(linux, count, size, incremental);
        done.add(count + " buffers of " + size + (incremental ? ", filled in parts" : ""));
    }

    void play() throws SysException {
        try (simRing;
                linuxRing) {
            listen();
            for (int i = 0; i < STEPS; i++) {
                step();
                turn();
            }
            end();
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\nafter " + String.join("\n      ", done) + "\n" + sim, e);
        }
    }

    private void listen() throws SysException {
        assertEquals(0, linux.listen(LISTENER, LinuxSide.anyPort()));
        InetSocketAddress address = linux.address(LISTENER);
        assertEquals(0, sim.listen(LISTENER, address));
        sim.listensAt(LISTENER, address.getPort());
        sockets.add(new Socket(LISTENER));
    }

    private void step() {
        switch (random.nextInt(12)) {
            case 0, 1 -> peerConnects();
            case 2 -> accept();
            case 3, 4 -> any(s -> s.open && s.receive < 0 && !s.endRead, this::receive);
            case 5 -> any(s -> s.open && s.poll < 0, this::poll);
            case 6 -> any(s -> s.open && !s.finished, this::send);
            case 7 -> any(s -> s.receive >= 0 || s.poll >= 0, this::cancel);
            case 8, 9, 10 -> any(s -> s.open, this::peerActs);
            default -> any(s -> s.open && !s.finished, this::finish);
        }
    }

    private interface Step {
        void take(Socket socket);
    }

    private void any(Predicate<Socket> fit, Step step) {
        List<Socket> all = sockets.stream().filter(fit).toList();
        if (!all.isEmpty()) {
            step.take(all.get(random.nextInt(all.size())));
        }
    }

    private long note(String what, Socket socket) {
        done.add(operations + ": " + what + " " + socket.number);
        return operations++;
    }

    /** Everything arrives, and both rings tell of it; then they must have told the same. */
    private void turn() {
        settle();
        do {
            simRing.turn();
        } while (!sim.isSettled());
        linuxRing.turnLike(simRing);
        for (int i = 0; i < 3; i++) {
            linuxRing.turn();
        }
        assertEquals(simRing.completed.toString(), linuxRing.completed.toString(), "simulated and by Linux");
        simRing.completed.forEach(this::completed);
        simRing.completed.clear();
        linuxRing.completed.clear();
    }

    private void completed(long operation, List<String> results) {
        done.add("   " + operation + " = " + results);
        String last = results.getLast();
        for (String result : results) {
            if (result.startsWith("accepted ")) {
                sockets.get(Integer.parseInt(result.substring(9).replace(", goes on", ""))).open = true;
            }
        }
        if (last.endsWith("goes on")) {
            return;
        }
        accept = operation == accept ? -1 : accept;
        for (Socket socket : sockets) {
            socket.endRead |= socket.receive == operation && last.equals("0");
            socket.receive = socket.receive == operation ? -1 : socket.receive;
            socket.poll = socket.poll == operation ? -1 : socket.poll;
        }
    }

    private void settle() {
        sim.settle();
        for (Socket socket : sockets) {
            if (socket.number != LISTENER) {
                linux.settle(sim, socket.number, socket.open, socket.peer && !socket.peerEnded);
            }
        }
    }

    // ---- operations ----

    private void accept() {
        if (accept >= 0) {
            cancelAccept();
            return;
        }
        accept = note("accept", sockets.get(LISTENER));
        simRing.accept(LISTENER, waitingForSim, accept);
        linuxRing.accept(LISTENER, waitingForLinux, accept);
    }

    private void cancelAccept() {
        cancel(accept, sockets.get(LISTENER));
    }

    private void receive(Socket socket) {
        socket.receive = note("receive", socket);
        simRing.receive(socket.number, socket.receive);
        linuxRing.receive(socket.number, socket.receive);
    }

    private void poll(Socket socket) {
        int interest = random.nextInt(1 + (Interest.READ | Interest.WRITE | Interest.PEER_CLOSED));
        boolean goesOn = random.nextBoolean();
        socket.poll = note("poll for " + Interest.describe(interest) + (goesOn ? " again and again" : ""), socket);
        simRing.poll(socket.number, interest, goesOn, socket.poll);
        linuxRing.poll(socket.number, interest, goesOn, socket.poll);
    }

    private void send(Socket socket) {
        int length = 1 + random.nextInt(2000);
        boolean linked = random.nextBoolean();
        long operation = note((linked ? "send and then nothing " : "send ") + length, socket);
        simRing.send(socket.number, length, linked, operation);
        linuxRing.send(socket.number, length, linked, operation);
        if (linked) {
            long then = operations++;
            simRing.nop(then);
            linuxRing.nop(then);
        }
    }

    private void cancel(Socket socket) {
        cancel(socket.receive >= 0 ? socket.receive : socket.poll, socket);
    }

    private void cancel(long target, Socket socket) {
        long operation = note("cancel " + target, socket);
        simRing.cancel(target, operation);
        linuxRing.cancel(target, operation);
    }

    private void finish(Socket socket) {
        note("shutdown", socket);
        assertEquals(sim.shutdown(socket.number), linux.shutdown(socket.number), "shutdown");
        socket.finished = true;
    }

    private void end() {
        for (Socket socket : sockets) {
            if (socket.receive >= 0) {
                cancel(socket.receive, socket);
                turn();
            }
            if (socket.poll >= 0) {
                cancel(socket.poll, socket);
                turn();
            }
        }
        if (accept >= 0) {
            cancelAccept();
            turn();
        }
    }

    // ---- the peers ----

    private void peerConnects() {
        if (sockets.size() >= most) {
            return;
        }
        Socket socket = new Socket(sockets.size());
        sockets.add(socket);
        note("peer connects,", socket);
        sim.peerConnect(LISTENER, socket.number);
        linux.peerConnect(LISTENER, socket.number);
        waitingForSim.add(socket.number);
        waitingForLinux.add(socket.number);
    }

    private void peerActs(Socket socket) {
        int lot = random.nextInt(10);
        if (!socket.peer || socket.peerEnded) {
            return;
        }
        if (lot == 0) {
            note("peer resets", socket);
            sim.peerReset(socket.number);
            linux.peerReset(socket.number);
            socket.peer = false;
        } else if (lot == 1 && !socket.peerFinished) {
            note("peer finishes", socket);
            sim.peerFinish(socket.number);
            linux.peerFinish(socket.number);
            socket.peerFinished = true;
        } else if (lot < 4) {
            int most = 1 + random.nextInt(3000);
            int result = sim.peerRead(socket.number, most, 0);
            note("peer reads " + result, socket);
            assertEquals(result, linux.peerRead(socket.number, most, result), "peer reads");
            socket.peerEnded = result < 0;
        } else if (!socket.peerFinished) {
            int count = 1 + random.nextInt(2000);
            int result = sim.peerSend(socket.number, count);
            note("peer sends " + result, socket);
            int byLinux = linux.peerSend(socket.number, count);
            assertEquals(result < 0 ? -1 : result, byLinux < 0 ? -1 : byLinux, "peer sends");
        }
    }
}

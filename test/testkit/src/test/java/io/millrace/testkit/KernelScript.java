// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Calls drawn by lot that both kernels get: what a loop does with sockets, and what their peers do, one at a time. Only
 * what a loop may do: nothing is sent after a shutdown, and the end of a stream is read once.
 */
final class KernelScript {
    private static final int STEPS = 120;
    private static final int MOST_SOCKETS = 8;
    private static final InetSocketAddress NOBODY = new InetSocketAddress("127.0.0.1", 1);

    /** What a step may count on. */
    private static final class Socket {
        final int number;
        final ArrayDeque<Socket> waiting = new ArrayDeque<>();
        boolean listens;
        boolean accepted;
        boolean open;
        boolean finished;
        boolean endRead;
        boolean watched;
        boolean peer;
        boolean peerFinished;
        boolean peerEnded;

        Socket(int number) {
            this.number = number;
        }

        boolean serves() {
            return open && accepted;
        }
    }

    private final Random random;
    private final SimSide sim;
    private final LinuxSide linux;
    private final int file;
    private final List<Socket> sockets = new ArrayList<>();
    private final List<String> done = new ArrayList<>();

    /** A script of a seed; {@code file} is the descriptor of one with the server's pattern. */
    KernelScript(long seed, SimSide sim, LinuxSide linux, int file) {
        this.random = new Random(seed * 0x9e3779b97f4a7c15L);
        this.sim = sim;
        this.linux = linux;
        this.file = file;
    }

    void play() throws SysException {
        try {
            for (int i = 0; i < STEPS; i++) {
                step();
                settle();
            }
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "\nafter " + String.join("\n      ", done) + "\n" + sim, e);
        }
    }

    private void settle() {
        sim.settle();
        for (Socket socket : sockets) {
            linux.settle(sim, socket.number, !socket.listens && socket.accepted, socket.peer && !socket.peerEnded);
        }
    }

    private void step() throws SysException {
        switch (random.nextInt(22)) {
            case 0 -> listen();
            case 1, 2, 3 -> any(s -> s.listens && s.open && s.waiting.size() < 3, this::peerConnects);
            case 4, 5, 6 -> any(s -> s.listens && s.open, this::accept);
            case 7, 8, 9 -> any(Socket::serves, this::peerActs);
            case 10, 11 -> any(s -> s.serves() && !s.endRead, this::receive);
            case 12, 13 -> any(s -> s.serves() && !s.finished, this::send);
            case 14 -> any(s -> s.peer && s.accepted && !s.peerEnded, this::peerReads);
            case 15 -> any(Socket::serves, this::end);
            case 16, 17, 18 -> any(s -> s.open && (s.listens || s.accepted), this::watch);
            case 19, 20 -> poll();
            default -> connectOrAdopt();
        }
    }

    private interface Step {
        void take(Socket socket) throws SysException;
    }

    private void any(Predicate<Socket> fit, Step step) throws SysException {
        List<Socket> all = sockets.stream().filter(fit).toList();
        if (!all.isEmpty()) {
            step.take(all.get(random.nextInt(all.size())));
        }
    }

    private Socket another() {
        Socket socket = new Socket(sockets.size());
        sockets.add(socket);
        return socket;
    }

    private void note(String what, Socket socket) {
        done.add(what + (socket == null ? "" : " " + socket.number));
    }

    private void same(String what, Socket socket, int bySim, int byLinux) {
        note(what + " = " + text(bySim) + ", socket", socket);
        if (bySim != byLinux) {
            throw new AssertionError(what + " of socket " + socket.number + ": " + text(bySim) + " simulated, "
                    + text(byLinux) + " by Linux");
        }
    }

    private static String text(int result) {
        return result < -2 ? Errno.describe(result) : String.valueOf(result);
    }

    // ---- the server ----

    private void listen() throws SysException {
        if (sockets.stream().filter(s -> s.listens && s.open).count() >= 2 || sockets.size() >= MOST_SOCKETS) {
            return;
        }
        Socket socket = another();
        int result = linux.listen(socket.number, LinuxSide.anyPort());
        InetSocketAddress address = linux.address(socket.number);
        same("listen", socket, sim.listen(socket.number, address), result);
        sim.listensAt(socket.number, address.getPort());
        socket.listens = true;
        socket.open = true;
    }

    private void accept(Socket listener) {
        Socket next = listener.waiting.peek();
        int number = next == null ? -1 : next.number;
        int result = sim.accept(listener.number, number, 0);
        same("accept " + number, listener, result, linux.accept(listener.number, number, result));
        assertEquals(next == null ? -Errno.EAGAIN : 0, result);
        if (next != null) {
            listener.waiting.remove();
            next.accepted = true;
            next.open = true;
        }
    }

    private void receive(Socket socket) {
        int most = 1 + random.nextInt(3000);
        int result = sim.receive(socket.number, most, 0);
        same("receive " + most, socket, result, linux.receive(socket.number, most, result));
        socket.endRead = result == 0;
    }

    private void send(Socket socket) {
        int count = 1 + random.nextInt(2000);
        switch (random.nextInt(5)) {
            case 0 ->
                same(
                        "sendFile " + count,
                        socket,
                        sim.sendFile(socket.number, file, count),
                        linux.sendFile(socket.number, file, count));
            case 1 -> fill(socket);
            default -> same("send " + count, socket, sim.send(socket.number, count), linux.send(socket.number, count));
        }
    }

    private void fill(Socket socket) {
        if (socket.peer && !socket.peerEnded && (sim.level(socket.number) & Interest.ERROR) == 0) {
            int result = sim.fillAndDrain(socket.number);
            same("fill and drain", socket, result, linux.fillAndDrain(socket.number));
        }
    }

    private void end(Socket socket) {
        switch (random.nextInt(5)) {
            case 0 -> {
                same("close", socket, sim.close(socket.number), linux.close(socket.number));
                socket.open = false;
            }
            case 1 -> {
                same("abort", socket, sim.abort(socket.number), linux.abort(socket.number));
                socket.open = false;
            }
            case 2 -> closeListener();
            default -> {
                same("shutdown", socket, sim.shutdown(socket.number), linux.shutdown(socket.number));
                socket.finished = true;
            }
        }
    }

    private void closeListener() {
        sockets.stream().filter(s -> s.listens && s.open).findAny().ifPresent(listener -> {
            same("close", listener, sim.close(listener.number), linux.close(listener.number));
            listener.open = false;
            listener.waiting.clear();
        });
    }

    private void connectOrAdopt() throws SysException {
        if (random.nextBoolean() || sockets.size() >= MOST_SOCKETS) {
            any(Socket::serves, s -> same("adopt", s, sim.adopt(s.number), linux.adopt(s.number)));
        } else if (random.nextBoolean()) {
            connect();
        } else {
            connectToNobody();
        }
    }

    private void connect() {
        Socket socket = another();
        InetSocketAddress far = linux.far();
        sim.host(far, SimHost.ACCEPTS);
        same("connect", socket, sim.connect(socket.number, far), linux.connect(socket.number, far));
        sim.settle();
        linux.acceptFar(socket.number);
        same("connected", socket, sim.connected(socket.number), linux.connected(socket.number));
        sim.adoptPeer(socket.number);
        socket.open = true;
        socket.accepted = true;
        socket.peer = true;
    }

    /** Linux knows at once that nobody listens on this machine; the simulated kernel at once or later, by lot. */
    private void connectToNobody() {
        sim.host(NOBODY, SimHost.REFUSES);
        note("connect to nobody", null);
        assertEquals(-Errno.ECONNREFUSED, refusal(sim), "simulated");
        assertEquals(-Errno.ECONNREFUSED, refusal(linux), "by Linux");
    }

    private int refusal(KernelSide side) {
        int number = -1;
        int result = side.connect(number, NOBODY);
        if (result == 0) {
            sim.settle();
            while ((side.level(number) & Interest.WRITE) == 0) {
                Thread.yield();
            }
            result = side.connected(number);
            side.close(number);
        }
        return result;
    }

    // ---- readiness ----

    private void watch(Socket socket) {
        if (socket.watched && random.nextInt(4) == 0) {
            same("unwatch", socket, sim.unwatch(socket.number), linux.unwatch(socket.number));
            socket.watched = false;
            return;
        }
        int kinds = socket.listens
                ? Interest.READ
                : random.nextInt(1 + (Interest.READ | Interest.WRITE | Interest.PEER_CLOSED));
        int interest = kinds | (random.nextInt(3) > 0 ? Interest.EDGE : 0);
        String what = Interest.describe(interest);
        if (socket.watched) {
            same(
                    "watch anew for " + what,
                    socket,
                    sim.watchAnew(socket.number, interest),
                    linux.watchAnew(socket.number, interest));
        } else {
            same("watch for " + what, socket, sim.watch(socket.number, interest), linux.watch(socket.number, interest));
        }
        socket.watched = true;
    }

    private void poll() {
        Map<Integer, Integer> bySim = sim.poll(Map.of());
        Map<Integer, Integer> byLinux = new TreeMap<>(linux.poll(bySim));
        done.add("poll = " + text(bySim));
        // A listener whose clients come one after the other may be told of each by itself.
        byLinux.keySet().removeIf(number -> sockets.get(number).listens && !bySim.containsKey(number));
        assertEquals(text(bySim), text(byLinux), "poll, simulated and by Linux");
    }

    private static String text(Map<Integer, Integer> found) {
        StringBuilder text = new StringBuilder();
        found.forEach((number, bits) ->
                text.append(number).append(' ').append(Interest.describe(bits)).append(", "));
        return text.toString();
    }

    // ---- the peers ----

    private void peerConnects(Socket listener) {
        if (sockets.size() >= MOST_SOCKETS) {
            return;
        }
        Socket socket = another();
        note("peer connects to " + listener.number + ", socket", socket);
        sim.peerConnect(listener.number, socket.number);
        linux.peerConnect(listener.number, socket.number);
        socket.peer = true;
        listener.waiting.add(socket);
    }

    private void peerActs(Socket socket) {
        if (!socket.peer) {
            return;
        }
        int lot = random.nextInt(8);
        if (lot == 0) {
            note("peer resets", socket);
            sim.peerReset(socket.number);
            linux.peerReset(socket.number);
            socket.peer = false;
        } else if (lot == 1 && !socket.peerFinished && !socket.peerEnded) {
            note("peer finishes", socket);
            sim.peerFinish(socket.number);
            linux.peerFinish(socket.number);
            socket.peerFinished = true;
        } else if (!socket.peerFinished && !socket.peerEnded) {
            peerSends(socket);
        }
    }

    private void peerSends(Socket socket) {
        int count = 1 + random.nextInt(2000);
        int bySim = sim.peerSend(socket.number, count);
        note("peer sends " + count + " = " + bySim + ", socket", socket);
        int byLinux = linux.peerSend(socket.number, count);
        assertTrue(bySim == byLinux || (bySim < 0 && byLinux < 0), "peer's send: " + bySim + ", " + text(byLinux));
    }

    private void peerReads(Socket socket) {
        int most = 1 + random.nextInt(3000);
        int result = sim.peerRead(socket.number, most, 0);
        same("peer reads " + most, socket, result, linux.peerRead(socket.number, most, result));
        socket.peerEnded = result < 0;
    }
}

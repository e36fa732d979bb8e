// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.ListenFlags;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.workers.WorkerCommand;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * The thundering herd, as an experiment: several workers, each a thread or a process with an epoll of its own, wait for
 * connections to one address, in each of the ways there are. One connection needs one worker; counted is how many are
 * woken for it, how many of them for nothing, who gets it, and how long clients wait when one worker is slow. On the
 * loopback address, bounded in number.
 */
public final class Herd {
    private static final int EVENTS = 16;
    private static final int BACKLOG = 1024;
    private static final int CLIENTS = 4;

    /**
     * What was counted.
     *
     * @param accepted connections that were served
     * @param wakeups how often a worker was woken, by the kernel's own count of how often it slept (proc_pid_status(5)
     *     voluntary_ctxt_switches)
     * @param useless how often not for a connection: accept gave EAGAIN, or the kernel saw that another had been faster
     *     and let the worker sleep on without a word
     * @param spread connections by worker; the first is the slow one
     * @param medianNanos how long a client waited for its answer, connecting included
     * @param p99Nanos how long the slowest hundredth waited at least
     */
    public record Result(
            int accepted, long wakeups, long useless, List<Integer> spread, long medianNanos, long p99Nanos) {}

    /** A worker's part. */
    private final class ThreadWorker {
        final Poller poller;
        final int listener;
        final Duration slow;
        final ConcurrentLinkedQueue<Integer> handed = new ConcurrentLinkedQueue<>();
        volatile long wakeups;
        volatile long useful;
        volatile int served;

        ThreadWorker(int listener, Duration slow) throws SysException {
            this.poller = kernel.poller(PollerKind.EPOLL, EVENTS);
            this.listener = listener;
            this.slow = slow;
        }

        /** Counts are this thread's; others read them when it has ended. */
        void run() {
            Ready ready = new Ready(EVENTS);
            RawSockaddr peer = new RawSockaddr();
            long before = HerdMeasure.sleeps();
            while (!over) {
                poller.poll(-1, ready);
                int fd = listener >= 0 ? kernel.accept(listener, peer) : handedOver();
                useful += fd >= 0 ? 1 : 0;
                while (fd >= 0) {
                    serve(fd);
                    fd = listener >= 0 ? -1 : handedOver();
                }
            }
            // To take long over a connection is to sleep as well.
            wakeups = Math.max(0, HerdMeasure.sleeps() - before - (slow.isZero() ? 0 : served));
        }

        private int handedOver() {
            Integer fd = handed.poll();
            return fd == null ? -Errno.EAGAIN : fd;
        }

        private void serve(int fd) {
            if (!slow.isZero()) {
                LockSupport.parkNanos(slow.toNanos());
            }
            kernel.send(fd, new byte[] {'!'}, 0, 1, false);
            kernel.close(fd);
            served += 1;
        }
    }

    private final Kernel kernel = Kernel.host();
    private final List<ThreadWorker> workers = new ArrayList<>();
    private final List<Integer> sockets = new ArrayList<>();
    private int turn;
    private volatile boolean over;

    private Herd() {}

    /**
     * Runs one experiment; returns when it is over and everything is closed.
     *
     * @param workers how many wait
     * @param connections how many come, a few at a time
     * @param slow how long the first worker takes for each of its connections; zero for none that is slow
     * @throws UnsupportedOperationException where the kernel's calls cannot be used
     * @throws IOException if the kernel refuses something, such as the option that a way needs
     * @throws IllegalArgumentException without a worker or a connection
     */
    public static Result run(HerdWay way, int workers, int connections, Duration slow)
            throws IOException, InterruptedException {
        if (workers < 1 || connections < 1) {
            throw new IllegalArgumentException("at least one worker and one connection");
        }
        Herd herd = new Herd();
        try {
            return herd.measure(way, workers, connections, slow);
        } finally {
            herd.sockets.forEach(herd.kernel::close);
            herd.workers.forEach(worker -> worker.poller.close());
        }
    }

    /**
     * The same with processes as workers: this program's JVM, started once more for each with {@link HerdWorker} in
     * place of the program.
     *
     * @param command what starts such a process in place of that; its arguments are added. Empty for this program's own
     * @throws IOException also if the command that started this program is not known
     * @throws IllegalArgumentException without a worker or a connection
     */
    public static Result runProcesses(HerdWay way, int workers, int connections, Duration slow, List<String> command)
            throws IOException, InterruptedException {
        if (workers < 1 || connections < 1) {
            throw new IllegalArgumentException("at least one worker and one connection");
        }
        List<String> start = command.isEmpty() ? WorkerCommand.of(HerdWorker.class, List.of(), null) : command;
        if (start.isEmpty()) {
            throw new IOException("the command that started this program is not known");
        }
        Herd herd = new Herd();
        try (HerdProcesses processes = new HerdProcesses(herd.kernel)) {
            return herd.measure(processes, way, workers, connections, slow, start);
        } finally {
            herd.sockets.forEach(herd.kernel::close);
        }
    }

    private Result measure(
            HerdProcesses processes, HerdWay way, int count, int connections, Duration slow, List<String> command)
            throws IOException, InterruptedException {
        InetSocketAddress address = listen(way, count);
        processes.start(way, sockets, count, slow, command);
        List<Thread> threads = new ArrayList<>();
        Poller acceptor = way == HerdWay.ONE_ACCEPTOR ? acceptor(threads, processes::hand) : null;
        try {
            // For nothing at first: a process begins with code that is not compiled.
            visit(address, Math.min(connections, 200));
            processes.count();
            long[] waits = visit(address, connections);
            List<HerdProcesses.Count> counts = processes.end();
            long wakeups =
                    counts.stream().mapToLong(HerdProcesses.Count::wakeups).sum();
            long useless = counts.stream()
                    .mapToLong(one -> Math.max(0, one.wakeups() - one.useful()))
                    .sum();
            return result(
                    waits,
                    wakeups,
                    useless,
                    counts.stream().map(HerdProcesses.Count::served).toList());
        } finally {
            end(threads, acceptor);
        }
    }

    private Poller acceptor(List<Thread> threads, IntConsumer hand) throws SysException {
        Poller acceptor = kernel.poller(PollerKind.EPOLL, EVENTS);
        HerdMeasure.check("epoll_ctl", acceptor.add(sockets.getFirst(), Interest.READ, 0));
        threads.add(Thread.ofPlatform().daemon().name("herd-acceptor").start(() -> handOver(acceptor, hand)));
        return acceptor;
    }

    private Result measure(HerdWay way, int count, int connections, Duration slow)
            throws IOException, InterruptedException {
        InetSocketAddress address = listen(way, count);
        for (int i = 0; i < count; i++) {
            int listener = way == HerdWay.ONE_ACCEPTOR ? -1 : sockets.get(i % sockets.size());
            ThreadWorker worker = new ThreadWorker(listener, i == 0 ? slow : Duration.ZERO);
            workers.add(worker);
            if (listener >= 0) {
                HerdMeasure.check(
                        "epoll_ctl",
                        worker.poller.add(
                                listener, Interest.READ | (way == HerdWay.EXCLUSIVE ? Interest.EXCLUSIVE : 0), i));
            }
        }
        List<Thread> threads = new ArrayList<>();
        workers.forEach(
                worker -> threads.add(Thread.ofPlatform().daemon().name("herd").start(worker::run)));
        Poller acceptor = way == HerdWay.ONE_ACCEPTOR ? acceptor(threads, this::hand) : null;
        long[] waits;
        try {
            waits = visit(address, connections);
        } finally {
            end(threads, acceptor);
        }
        return result(waits);
    }

    private void end(List<Thread> threads, Poller acceptor) throws InterruptedException {
        over = true;
        workers.forEach(worker -> worker.poller.wakeup());
        if (acceptor != null) {
            acceptor.wakeup();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (acceptor != null) {
            acceptor.close();
        }
    }

    private InetSocketAddress listen(HerdWay way, int count) throws IOException {
        boolean own = way == HerdWay.REUSE_PORT || way == HerdWay.REUSE_PORT_PROGRAM;
        InetSocketAddress loopback = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        ListenFlags flags = ListenFlags.USUAL.withBacklog(BACKLOG);
        sockets.add(kernel.listen(loopback, flags, own ? Kernel.Sharing.FIRST : Kernel.Sharing.ALONE));
        InetSocketAddress address = (InetSocketAddress) kernel.local(sockets.getFirst());
        for (int i = 1; own && i < count; i++) {
            sockets.add(kernel.listen(address, flags, Kernel.Sharing.FURTHER));
        }
        if (way == HerdWay.REUSE_PORT_PROGRAM) {
            HerdMeasure.check("SO_ATTACH_REUSEPORT_CBPF", Sockets.chooseAtRandom(sockets.getFirst(), count));
        }
        return address;
    }

    private void handOver(Poller acceptor, IntConsumer hand) {
        Ready ready = new Ready(EVENTS);
        RawSockaddr peer = new RawSockaddr();
        while (!over) {
            acceptor.poll(-1, ready);
            for (int fd = kernel.accept(sockets.getFirst(), peer);
                    fd >= 0;
                    fd = kernel.accept(sockets.getFirst(), peer)) {
                hand.accept(fd);
            }
        }
    }

    /** To each in turn; by the thread that accepts. */
    private void hand(int fd) {
        ThreadWorker worker = workers.get(turn++ % workers.size());
        worker.handed.add(fd);
        worker.poller.wakeup();
    }

    /** A few clients, each of which comes again as soon as it was answered. */
    private static long[] visit(InetSocketAddress address, int connections) throws IOException, InterruptedException {
        long[] waits = new long[connections];
        AtomicInteger next = new AtomicInteger();
        List<IOException> failures = new ArrayList<>();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            clients.add(Thread.ofPlatform().daemon().start(() -> {
                try {
                    for (int n = next.getAndIncrement(); n < connections; n = next.getAndIncrement()) {
                        waits[n] = visitOnce(address);
                    }
                } catch (IOException e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread client : clients) {
            client.join();
        }
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
        return waits;
    }

    private static long visitOnce(InetSocketAddress address) throws IOException {
        long start = System.nanoTime();
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(30_000);
            socket.connect(address, 30_000);
            if (socket.getInputStream().read() < 0) {
                throw new IOException("a connection was closed without an answer");
            }
        }
        return System.nanoTime() - start;
    }

    private Result result(long[] waits) {
        return result(
                waits,
                workers.stream().mapToLong(worker -> worker.wakeups).sum(),
                workers.stream()
                        .mapToLong(worker -> Math.max(0, worker.wakeups - worker.useful))
                        .sum(),
                workers.stream().map(worker -> worker.served).toList());
    }

    private static Result result(long[] waits, long wakeups, long useless, List<Integer> spread) {
        Arrays.sort(waits);
        return new Result(
                waits.length, wakeups, useless, spread, waits[waits.length / 2], waits[(int) (waits.length * 0.99)]);
    }
}

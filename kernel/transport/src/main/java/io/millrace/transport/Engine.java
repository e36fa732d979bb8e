// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Mechanism;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Pollers;
import io.millrace.ring.Probe;
import io.millrace.socket.Kernel;
import io.millrace.socket.NioKernel;
import io.millrace.sys.SysException;
import java.util.List;
import java.util.function.Supplier;

/**
 * How loops wait and move bytes: the catalogue. An engine is a poller with a trigger, {@code io_uring}, or the JDK's
 * selector. It is chosen when a loop is opened, and is the same for all that stands on the loop.
 */
public final class Engine implements Mechanism.Factory {

    /** Makes the driver of one loop. */
    interface Opening {
        Driver open(EventLoop loop, Budget budget, HeapLimit heap) throws SysException;
    }

    /**
     * select(2). Its sets have no end here, unless {@link Pollers#CLASSIC_SELECT} keeps the one at 1,024 descriptors.
     */
    public static final Engine SELECT = poller("select", PollerKind.SELECT, false);

    /** poll(2). */
    public static final Engine POLL = poller("poll", PollerKind.POLL, false);

    /** kqueue(2), which reports for as long as something is ready. */
    public static final Engine KQUEUE_LEVEL = poller("kqueue-lt", PollerKind.KQUEUE, false);

    /** kqueue(2), which reports changes only (EV_CLEAR). */
    public static final Engine KQUEUE_EDGE = poller("kqueue", PollerKind.KQUEUE, true);

    /**
     * Real-time signals, which report changes only. They go to the thread that runs the loop; to run it on another one
     * costs calls for each descriptor.
     */
    public static final Engine SIGIO = poller("sigio", PollerKind.SIGIO, true);

    /** epoll(7), which reports for as long as something is ready. */
    public static final Engine EPOLL_LEVEL = poller("epoll-lt", PollerKind.EPOLL, false);

    /** epoll(7), which reports changes only. */
    public static final Engine EPOLL_EDGE = poller("epoll-et", PollerKind.EPOLL, true);

    /** The kernel says what is ready, edge-triggered: the usual one. */
    public static final Engine READINESS = EPOLL_EDGE;

    /** The kernel says what it has done: {@code io_uring}. {@link #whyNot} says whether it may be used. */
    public static final Engine RING = ring(RingSizes.USUAL);

    /** The JDK's selector, level-triggered, over the channels of a {@link NioKernel}: runs wherever Java does. */
    public static final Engine NIO =
            new Engine("nio", PollerKind.EPOLL, NioKernel::new, () -> null, readiness(PollerKind.EPOLL, false));

    private final String name;

    /** {@code null} for one that is no poller. */
    private final PollerKind poller;

    private final Supplier<Kernel> kernel;
    private final Supplier<String> whyNot;
    private final Opening opening;

    private Engine(String name, PollerKind poller, Supplier<Kernel> kernel, Supplier<String> whyNot, Opening opening) {
        this.name = name;
        this.poller = poller;
        this.kernel = kernel;
        this.whyNot = whyNot;
        this.opening = opening;
    }

    private static Engine poller(String name, PollerKind kind, boolean edge) {
        return new Engine(name, kind, Kernel::host, () -> Pollers.whyNot(kind), readiness(kind, edge));
    }

    private static Opening readiness(PollerKind kind, boolean edge) {
        return (loop, budget, heap) -> new ReadinessDriver(
                loop, budget, heap, loop.kernel().poller(kind, ReadinessDriver.EVENTS_A_TURN), edge);
    }

    static Engine ring(RingSizes sizes) {
        return new Engine(
                "io_uring",
                null,
                Kernel::host,
                () -> Probe.host().whyNot(),
                (loop, budget, heap) -> TracedRingDriver.open(loop, budget, heap, sizes));
    }

    /** Returns all engines, also those that this machine does not have: {@link #whyNot} says. Any thread may call. */
    public static List<Engine> all() {
        return List.of(SELECT, POLL, KQUEUE_LEVEL, KQUEUE_EDGE, SIGIO, EPOLL_LEVEL, EPOLL_EDGE, RING, NIO);
    }

    /** Returns the engines that watch any descriptor: all but {@link #NIO}, which knows its own channels only. */
    public static List<Engine> ofDescriptors() {
        return all().stream().filter(engine -> engine != NIO).toList();
    }

    /** Returns the name of the engine, such as {@code "epoll-et"}. */
    public String name() {
        return name;
    }

    /**
     * Opens the kernel that loops of this engine stand on: a new {@link NioKernel} for {@link #NIO}, this machine's for
     * all others.
     *
     * @throws UnsupportedOperationException if system calls cannot be made, with the reason
     */
    public Kernel kernel() {
        return kernel.get();
    }

    /**
     * Returns why loops cannot work this way on this machine, or {@code null} if they can. Asks the kernel each time.
     */
    public String whyNot() {
        return whyNot.get();
    }

    /**
     * Returns whether a peer's breaking off is reported while nothing is read: select(2) and the JDK's selector can be
     * asked about reading and writing only.
     */
    public boolean seesHangups() {
        return poller != PollerKind.SELECT && this != NIO;
    }

    /**
     * Opens the driver of a loop whose connections have the usual budget, and a quarter of the heap.
     *
     * @throws SysException if the kernel refuses what the engine needs, such as another descriptor
     * @throws UnsupportedOperationException if this machine does not have the engine, with the reason
     */
    @Override
    public Mechanism open(EventLoop loop) throws SysException {
        return opening.open(loop, Budget.USUAL, new HeapLimit(HeapLimit.usual()));
    }

    /** Returns a factory that does the same for loops whose connections may hold so much of the heap. */
    public Mechanism.Factory with(HeapLimit heap) {
        return with(Budget.USUAL, heap);
    }

    Mechanism.Factory with(Budget budget) {
        return with(budget, new HeapLimit(HeapLimit.usual()));
    }

    Mechanism.Factory with(Budget budget, HeapLimit heap) {
        return loop -> opening.open(loop, budget, heap);
    }

    @Override
    public String toString() {
        return name;
    }
}

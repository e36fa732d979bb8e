// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Mechanism;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Pollers;
import io.millrace.ring.Probe;
import io.millrace.sys.SysException;
import java.util.List;
import java.util.function.Supplier;

/** How loops wait and move bytes: chosen when they are made, and the same for all that stands on them. */
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
    public static final Engine KQUEUE_EDGE = poller("kqueue-et", PollerKind.KQUEUE, true);

    /**
     * Real-time signals, which report changes only. They go to the thread that runs the loop; to run it on another one
     * costs calls for each descriptor.
     */
    public static final Engine SIGIO = poller("sigio", PollerKind.SIGIO, true);

    /** epoll(7), which reports for as long as something is ready. */
    public static final Engine EPOLL_LEVEL = poller("epoll-lt", PollerKind.EPOLL, false);

    /** epoll(7), which reports changes only. */
    public static final Engine EPOLL_EDGE = poller("epoll", PollerKind.EPOLL, true);

    /** The kernel says what is ready, edge-triggered: the usual one. */
    public static final Engine READINESS = EPOLL_EDGE;

    /** The kernel says what it has done: {@code io_uring}. Whether it may is for {@link #whyNot} to say. */
    public static final Engine RING = ring(RingSizes.USUAL);

    private final String name;
    private final Supplier<String> whyNot;
    private final Opening opening;

    private Engine(String name, Supplier<String> whyNot, Opening opening) {
        this.name = name;
        this.whyNot = whyNot;
        this.opening = opening;
    }

    private static Engine poller(String name, PollerKind kind, boolean edge) {
        return new Engine(
                name,
                () -> Pollers.whyNot(kind),
                (loop, budget, heap) -> new ReadinessDriver(
                        loop, budget, heap, loop.kernel().poller(kind, ReadinessDriver.EVENTS_A_TURN), edge));
    }

    static Engine ring(RingSizes sizes) {
        return new Engine(
                "io_uring",
                () -> Probe.host().whyNot(),
                (loop, budget, heap) -> TracedRingDriver.open(loop, budget, heap, sizes));
    }

    /** All of them, whether this machine has them or not: {@link #whyNot} says. */
    public static List<Engine> all() {
        return List.of(SELECT, POLL, KQUEUE_LEVEL, KQUEUE_EDGE, SIGIO, EPOLL_LEVEL, EPOLL_EDGE, RING);
    }

    /** The name of the mechanism. */
    public String name() {
        return name;
    }

    /** Why loops cannot work this way on this machine, or {@code null} if they can. Asks the kernel each time. */
    public String whyNot() {
        return whyNot.get();
    }

    /** Opens the driver of a loop whose connections have the usual budget, and a quarter of the heap. */
    @Override
    public Mechanism open(EventLoop loop) throws SysException {
        return opening.open(loop, Budget.USUAL, new HeapLimit(HeapLimit.usual()));
    }

    /** The same for loops whose connections may hold so much of the heap. */
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

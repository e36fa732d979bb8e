// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.poll.Kernel;
import io.millrace.ring.Probe;
import io.millrace.sys.Platform;
import io.millrace.sys.SysException;

/** How loops wait and move bytes: chosen when they are made, and the same for all that stands on them. */
public final class Engine {

    /** Makes the driver of one loop. */
    interface Opening {
        Driver open(EventLoop loop, Kernel kernel, Budget budget) throws SysException;
    }

    /** The kernel says what is ready, edge-triggered: the usual one. */
    public static final Engine READINESS = new Engine("epoll", ReadinessDriver::new);

    /** The kernel says what it has done: {@code io_uring}. Whether it may is for {@link #whyNot} to say. */
    public static final Engine RING = ring(RingSizes.USUAL);

    private final String name;
    private final Opening opening;

    private Engine(String name, Opening opening) {
        this.name = name;
        this.opening = opening;
    }

    static Engine ring(RingSizes sizes) {
        return new Engine("io_uring", (loop, kernel, budget) -> new RingDriver(loop, kernel, budget, sizes));
    }

    /** The name of the mechanism. */
    public String name() {
        return name;
    }

    /** Why loops cannot work this way on this machine, or {@code null} if they can. Asks the kernel each time. */
    public String whyNot() {
        return name.equals("io_uring") ? Probe.host().whyNot() : Platform.whyNot();
    }

    Driver open(EventLoop loop, Kernel kernel, Budget budget) throws SysException {
        return opening.open(loop, kernel, budget);
    }

    @Override
    public String toString() {
        return name;
    }
}

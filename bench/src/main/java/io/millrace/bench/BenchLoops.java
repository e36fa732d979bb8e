// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import io.millrace.transport.Engine;

/** A loop for each method that the benchmarks know. */
final class BenchLoops {
    private BenchLoops() {}

    static EventLoop open(String method) throws SysException {
        Engine engine = switch (method) {
            case "select" -> Engine.SELECT;
            case "poll" -> Engine.POLL;
            // Watches say themselves whether they are edge-triggered.
            case "epoll", "epoll-et" -> Engine.EPOLL_EDGE;
            default -> throw new IllegalArgumentException("no such method: " + method);
        };
        return new EventLoop(Kernel.host(), "bench", engine);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import io.millrace.loop.EventLoop;
import io.millrace.poll.Kernel;
import io.millrace.sys.SysException;

/** A loop for each method that the benchmarks know. */
final class BenchLoops {
    private BenchLoops() {}

    static EventLoop open(String method) throws SysException {
        return switch (method) {
            case "epoll", "epoll-et" -> new EventLoop(Kernel.host(), "bench");
            default -> throw new IllegalArgumentException("no such method: " + method);
        };
    }
}

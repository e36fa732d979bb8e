// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.net.SocketAddress;

/** A simulated socket that connects: to a host that does with it what its kind is. */
final class SimAttempt {
    private final SimKernel kernel;
    private final SimHost host;
    final SimConnection connection;

    int fd = -1;

    /** The outcome, -EINPROGRESS before there is one. */
    private int error = -Errno.EINPROGRESS;

    SimAttempt(SimKernel kernel, SocketAddress to) {
        this.kernel = kernel;
        this.host = kernel.host(to);
        this.connection = new SimConnection(kernel);
        // As Linux does for what is on this machine: the answer is there before connect(2) has returned.
        if (host == SimHost.NO_ROUTE || (kernel.faults.random.nextInt(8) == 0 && host != SimHost.SILENT)) {
            error = host.outcome;
        }
    }

    boolean refusedAtOnce() {
        return error < 0 && error != -Errno.EINPROGRESS;
    }

    int error() {
        return error;
    }

    boolean canEnd() {
        return error == -Errno.EINPROGRESS && host != SimHost.SILENT;
    }

    void end() {
        error = host.outcome;
        kernel.poller.changed(fd, Interest.WRITE);
    }

    /** What poll would say now. */
    int level() {
        if (error == -Errno.EINPROGRESS) {
            return 0;
        }
        return error == 0
                ? Interest.WRITE
                : Interest.READ | Interest.WRITE | Interest.PEER_CLOSED | Interest.ERROR | Interest.HANGUP;
    }
}

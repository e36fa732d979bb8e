// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.util.Random;

/** A simulated socket that connects: to a host that does with it what its kind is. */
final class SimAttempt {
    private final SimHost host;
    int fd = -1;

    /** The outcome, -EINPROGRESS before there is one. */
    private int error = -Errno.EINPROGRESS;

    SimAttempt(SimHost host, Random random) {
        this.host = host;
        // As Linux does for what is on this machine: the answer is there before connect(2) has returned.
        if (host == SimHost.NO_ROUTE || (random.nextInt(8) == 0 && host != SimHost.SILENT)) {
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

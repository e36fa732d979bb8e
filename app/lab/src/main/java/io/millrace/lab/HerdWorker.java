// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Descriptors;
import io.millrace.sys.SysException;
import io.millrace.sys.UnixSockets;
import io.millrace.workers.WorkerProcess;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;

/**
 * One worker of {@link Herd}, as a process: waits for connections at the socket that is descriptor 0, or for those that
 * it is handed over descriptor 3, which is also how it hears that counting begins, and that all is over. Started by
 * {@link Herd} only.
 */
public final class HerdWorker {
    /**
     * What is said over descriptor 3: from the worker that it waits or has begun to count; to it to count from now, to
     * say what it counted and go.
     */
    static final byte READY = 'R';

    static final byte COUNT = 'Z';
    static final byte END = 'E';

    /** To the worker, with a connection. */
    static final byte CONNECTION = 'C';

    private static final int EVENTS = 16;
    private static final int ORDERS = 1;

    private final Kernel kernel = Kernel.host();
    private final Poller poller = kernel.poller(PollerKind.EPOLL, EVENTS);
    private final UnixSockets.Rights rights = new UnixSockets.Rights(1);
    private final byte[] word = new byte[1];
    private final long slow;
    private long before;
    private long useful;
    private int served;
    private boolean over;

    private HerdWorker(boolean listens, int interest, long slow) throws SysException {
        this.slow = slow;
        HerdMeasure.check("epoll_ctl", poller.add(WorkerProcess.TIE, Interest.READ, ORDERS));
        if (listens) {
            HerdMeasure.check("epoll_ctl", poller.add(0, interest, 0));
        }
    }

    /** Arguments: the {@link HerdWay}, and the nanoseconds that each connection takes. */
    public static void main(String[] args) throws SysException {
        HerdWay way = HerdWay.valueOf(args[0]);
        int interest = Interest.READ | (way == HerdWay.EXCLUSIVE ? Interest.EXCLUSIVE : 0);
        new HerdWorker(way != HerdWay.ONE_ACCEPTOR, interest, Long.parseLong(args[1])).run();
        System.exit(0);
    }

    private void run() {
        Ready ready = new Ready(EVENTS);
        RawSockaddr peer = new RawSockaddr();
        say(new byte[] {READY});
        while (!over) {
            int n = poller.poll(-1, ready);
            boolean found = false;
            for (int i = 0; i < n; i++) {
                found |= ready.token(i) == ORDERS ? obey() : take(kernel.accept(0, peer));
            }
            useful += found ? 1 : 0;
        }
    }

    /** Does what it is told; whether connections came with it. */
    private boolean obey() {
        boolean found = false;
        int n = UnixSockets.receive(WorkerProcess.TIE, word, 0, 1, rights);
        for (; n > 0; n = UnixSockets.receive(WorkerProcess.TIE, word, 0, 1, rights)) {
            switch (word[0]) {
                case COUNT -> begin();
                case END -> end();
                default -> found |= rights.count > 0 && take(rights.descriptors[0]);
            }
        }
        // The process that started this one has gone.
        over |= n == 0;
        return found;
    }

    private void begin() {
        before = HerdMeasure.sleeps();
        useful = 0;
        served = 0;
        say(new byte[] {READY});
    }

    private void end() {
        over = true;
        // The order itself has woken us as well, and to take long over a connection is to sleep.
        long wakeups = Math.max(0, HerdMeasure.sleeps() - before - 1 - (slow == 0 ? 0 : served));
        say((wakeups + " " + useful + " " + served + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private boolean take(int fd) {
        if (fd < 0) {
            return false;
        }
        if (slow > 0) {
            LockSupport.parkNanos(slow);
        }
        kernel.send(fd, new byte[] {'!'}, 0, 1, false);
        kernel.close(fd);
        served++;
        return true;
    }

    private static void say(byte[] what) {
        Descriptors.write(WorkerProcess.TIE, what, what.length);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.ring.Ring;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.Uring;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * io_uring as the kernel does it, on the memory that it shares with the loop: takes entries, keeps what cannot be done
 * at once until something happens to its descriptor, and completes it while the loop is in io_uring_enter(2). The world
 * moves while the loop waits.
 */
final class SimRing extends Ring implements SimReporter {
    /** The descriptor for wake-ups: none that the simulated kernel gives to others. */
    private static final int EVENTFD = 2;

    /** How often polls of a descriptor may complete without anything being done with it before it is called a spin. */
    private static final int REPEATS = 100;

    /** How often there may be no buffer for a connection before it is called starved. */
    private static final int STARVATION = 30;

    /** How often a multishot operation is tried on before others have their turn (MULTISHOT_MAX_RETRY in Linux). */
    private static final int RETRIES = 32;

    private static final long NANOS = 1_000_000_000L;

    private final SimKernel kernel;
    private final SimRingLayout layout;
    private final MemorySegment rings;
    private final MemorySegment entries;
    private final SimCompletions done;
    private final RawSockaddr nobody = new RawSockaddr();

    /** What cannot be done yet, in the order it was submitted. */
    private final Set<SimOperation> underWay = new LinkedHashSet<>();

    /** By descriptor: how many polls have completed since something was last done with it. */
    private final Map<Integer, Integer> unanswered = new HashMap<>();

    /** By descriptor: how often there was no buffer since something was last received. */
    private final Map<Integer, Integer> starved = new HashMap<>();

    private final byte[] bytes = new byte[1 << 16];
    private SimBuffers buffers;
    private boolean enabled;
    private boolean wakened;

    private SimRing(SimKernel kernel, SimRingLayout layout, MemorySegment rings, MemorySegment entries) {
        super(layout.params(), rings, entries, false);
        this.kernel = kernel;
        this.layout = layout;
        this.rings = rings;
        this.entries = entries;
        this.done = new SimCompletions(kernel.faults.random, rings, layout);
    }

    /** Opens a ring whose queues are no longer than asked for, and by lot shorter. */
    static SimRing open(SimKernel kernel, int submissions, int completions) {
        int taken = Math.min(Integer.highestOneBit(submissions), kernel.faults.submissions);
        int kept = Math.max(taken, Math.min(Integer.highestOneBit(completions), kernel.faults.completions));
        SimRingLayout layout = new SimRingLayout(taken, kept);
        return new SimRing(kernel, layout, layout.rings(), layout.entries());
    }

    // ---- the door ----

    @Override
    protected int register(int operation, MemorySegment argument, int count) {
        if (operation == Uring.IORING_REGISTER_ENABLE_RINGS) {
            enabled = true;
            return 0;
        }
        kernel.check(operation == Uring.IORING_REGISTER_PBUF_RING && buffers == null, "register " + operation);
        SimBuffers registered = new SimBuffers(argument);
        if (registered.incremental() && !kernel.faults.incremental) {
            return -Errno.EINVAL;
        }
        buffers = registered;
        return 0;
    }

    @Override
    protected int enter(int submit, int least, int flags, MemorySegment argument) {
        kernel.check(enabled, "enter of a ring that is not enabled");
        kernel.check(submit == tail() - head(), "entries handed over that are none: " + submit);
        kernel.world.waits();
        kernel.world.move();
        int taken = submit(submit);
        done.publish();
        if (taken < submit || (flags & Uring.IORING_ENTER_GETEVENTS) == 0) {
            return taken == 0 && submit > 0 ? -Errno.EAGAIN : taken;
        }
        int waited = await(least, timeout(flags, argument));
        return taken > 0 ? taken : waited;
    }

    @Override
    public int eventfd() {
        return EVENTFD;
    }

    @Override
    public void wakeup() {
        wakened = true;
        changed(EVENTFD, Interest.READ);
    }

    @Override
    public int check(int fd) {
        return kernel.isOpen(fd) ? 0 : -Errno.EBADF;
    }

    @Override
    protected void release() {
        kernel.check(underWay.isEmpty(), "closed while there is under way: " + underWay);
        if (buffers != null) {
            buffers.closed();
        }
    }

    // ---- submitting ----

    /** Takes entries, all but for want of memory. Returns how many. */
    private int submit(int count) {
        int taken = count > 0 && kernel.faults.happens(kernel.faults.interrupted)
                ? kernel.faults.random.nextInt(count)
                : count;
        boolean follows = false;
        boolean failed = false;
        for (int i = 0; i < taken; i++) {
            SimOperation operation = new SimOperation(entries, layout.entry(head()));
            rings.set(ValueLayout.JAVA_INT, SimRingLayout.SQ_HEAD, head() + 1);
            if (follows && failed) {
                complete(operation, -Errno.ECANCELED, 0);
            } else {
                failed = !begin(operation) && operation.isLinked();
            }
            follows = operation.isLinked();
        }
        return taken;
    }

    /** Begins an operation; {@code false} if it has failed. */
    private boolean begin(SimOperation operation) {
        switch (operation.opcode) {
            case Uring.IORING_OP_NOP -> complete(operation, 0, 0);
            case Uring.IORING_OP_ASYNC_CANCEL -> cancel(operation);
            case Uring.IORING_OP_SEND -> {
                return send(operation);
            }
            case Uring.IORING_OP_POLL_ADD, Uring.IORING_OP_RECV, Uring.IORING_OP_ACCEPT -> {
                boolean isOpen = operation.fd == EVENTFD || kernel.isOpen(operation.fd);
                kernel.check(isOpen, operation + ", which is not open");
                kernel.check(!operation.isLinked(), "a link behind an operation that waits");
                underWay.add(operation);
                if (!isDelayed()) {
                    run(operation);
                }
            }
            default -> complete(operation, -Errno.EINVAL, 0);
        }
        return true;
    }

    private boolean send(SimOperation operation) {
        boolean tried = (operation.operationFlags & Sockets.MSG_DONTWAIT) != 0;
        kernel.check(tried, "a send that may wait: its memory is not kept");
        byte[] sent = Uring.memory(operation.address, operation.length).toArray(ValueLayout.JAVA_BYTE);
        int result = kernel.send(operation.fd, sent, 0, sent.length, false);
        complete(operation, result, 0);
        return result >= 0;
    }

    /** What has happened before may have been noticed in time, or not. */
    private void cancel(SimOperation operation) {
        SimOperation target = find(operation.address);
        if (target != null && target.triggered && kernel.faults.random.nextBoolean()) {
            run(target);
        }
        boolean isFound = target != null && underWay.contains(target);
        if (isFound) {
            complete(target, -Errno.ECANCELED, 0);
        }
        complete(operation, isFound ? 0 : -Errno.ENOENT, 0);
    }

    /** Returns whether nothing has happened that an operation has not been told of. */
    boolean isSettled() {
        return underWay.stream().noneMatch(operation -> operation.triggered);
    }

    private SimOperation find(long data) {
        for (SimOperation operation : underWay) {
            if (operation.data == data) {
                return operation;
            }
        }
        return null;
    }

    // ---- waiting ----

    private static long timeout(int flags, MemorySegment argument) {
        if ((flags & Uring.IORING_ENTER_EXT_ARG) == 0) {
            return -1;
        }
        MemorySegment time =
                Uring.memory(argument.get(ValueLayout.JAVA_LONG, Uring.GETEVENTS_ARG_TS), Uring.TIMESPEC_SIZE);
        return time.get(ValueLayout.JAVA_LONG, 0) * NANOS + time.get(ValueLayout.JAVA_LONG, 8);
    }

    private int await(int least, long timeout) {
        run(false);
        if (done.ready() < least && kernel.faults.happens(kernel.faults.interrupted)) {
            return -Errno.EINTR;
        }
        long end = timeout < 0 ? Long.MAX_VALUE : kernel.nanos() + timeout;
        while (done.ready() < least && kernel.nanos() < end) {
            boolean moves = kernel.world.move();
            run(!moves);
            if (!moves && done.ready() < least) {
                if (end == Long.MAX_VALUE && kernel.world.done()) {
                    return 0;
                }
                kernel.world.sleep(end);
            }
        }
        return done.ready() < least ? -Errno.ETIME : 0;
    }

    /** Goes on with what something has happened to: in any order, and unless {@code all} some of it later. */
    private void run(boolean all) {
        List<SimOperation> due =
                new ArrayList<>(underWay.stream().filter(o -> o.triggered).toList());
        if (kernel.faults.fair) {
            Collections.shuffle(due, kernel.faults.random);
        } else {
            // As in Linux: who waits last is at the head of a socket's queue.
            Collections.reverse(due);
        }
        for (SimOperation operation : due) {
            if (all || !isDelayed()) {
                run(operation);
            }
        }
        done.publish();
    }

    private boolean isDelayed() {
        return kernel.faults.delays && kernel.faults.random.nextInt(6) == 0;
    }

    // ---- operations ----

    private void run(SimOperation operation) {
        int told = operation.run();
        switch (operation.opcode) {
            case Uring.IORING_OP_RECV -> receive(operation);
            case Uring.IORING_OP_ACCEPT -> accept(operation);
            default -> poll(operation, told);
        }
    }

    /**
     * With {@code told} not 0 these are the events, whether or not they are still true; else it is asked what is true.
     */
    private void poll(SimOperation operation, int told) {
        int level = operation.fd == EVENTFD ? (wakened ? Interest.READ : 0) : kernel.level(operation.fd);
        int found = (told == 0 ? level : told) & operation.interest();
        if (found == 0) {
            return;
        }
        countRepeat(operation.fd, found);
        wakened &= operation.fd != EVENTFD;
        if (operation.isMultishotPoll()) {
            more(operation, SimOperation.toPoll(found), 0);
        } else {
            complete(operation, SimOperation.toPoll(found), 0);
        }
    }

    private void countRepeat(int fd, int found) {
        kernel.check(
                fd == EVENTFD || unanswered.merge(fd, 1, Integer::sum) < REPEATS,
                "polled again and again, and nobody does anything: " + fd + " " + Interest.describe(found));
    }

    private void receive(SimOperation operation) {
        SimConnection connection = kernel.at(operation.fd, "recv");
        for (int tries = 0; ; tries++) {
            if (!buffers.isAvailable()) {
                countStarvation(connection);
                complete(operation, -Errno.ENOBUFS, 0);
                return;
            }
            if (tries == RETRIES) {
                operation.triggered = true;
                return;
            }
            int n = kernel.faults.happens(kernel.faults.interrupted)
                    ? -Errno.EINTR
                    : connection.serverReceive(bytes, 0, Math.min(bytes.length, buffers.room()));
            if (n == -Errno.EAGAIN) {
                return;
            }
            if (n <= 0) {
                complete(operation, n, 0);
                return;
            }
            kernel.moves++;
            starved.remove(operation.fd);
            if (!more(operation, n, buffers.fill(bytes, n))) {
                return;
            }
            if (kernel.faults.knowsEmpty && (connection.level() & Interest.READ) == 0) {
                // Known to be empty (tcp_inq_hint in Linux): is not tried once more.
                return;
            }
        }
    }

    /** Others may have had all the buffers, and have them all again: in the end each gets what has come for it. */
    private void countStarvation(SimConnection connection) {
        kernel.check(
                connection.unreceived() == 0 || starved.merge(connection.fd, 1, Integer::sum) < STARVATION,
                "no buffer again and again for what has come: " + connection);
    }

    private void accept(SimOperation operation) {
        if (!kernel.faults.multishotAccept) {
            complete(operation, -Errno.EINVAL, 0);
            return;
        }
        int accepted;
        do {
            accepted = kernel.accept(operation.fd, nobody);
            if (accepted == -Errno.EAGAIN) {
                return;
            }
            if (accepted < 0) {
                complete(operation, accepted, 0);
                return;
            }
        } while (more(operation, accepted, 0));
    }

    /** A multishot operation has a result: {@code false} if it ends with this one, as when there is no room for it. */
    private boolean more(SimOperation operation, int result, int flags) {
        if (done.isFull() || kernel.faults.happens(kernel.faults.spurious)) {
            complete(operation, result, flags);
            return false;
        }
        done.add(operation, result, flags | Uring.IORING_CQE_F_MORE);
        return true;
    }

    private void complete(SimOperation operation, int result, int flags) {
        underWay.remove(operation);
        done.add(operation, result, flags);
    }

    // ---- what happens to descriptors ----

    @Override
    public void changed(int fd, int edge) {
        for (SimOperation operation : underWay) {
            if (operation.fd == fd) {
                operation.wake(edge);
            }
        }
    }

    @Override
    public void answered(int fd) {
        unanswered.remove(fd);
        starved.remove(fd);
    }

    @Override
    public void closed(int fd) {
        answered(fd);
        for (SimOperation operation : underWay) {
            kernel.check(operation.fd != fd, "close of a descriptor while there is under way: " + operation);
        }
    }

    private int head() {
        return rings.get(ValueLayout.JAVA_INT, SimRingLayout.SQ_HEAD);
    }

    private int tail() {
        return rings.get(ValueLayout.JAVA_INT, SimRingLayout.SQ_TAIL);
    }
}

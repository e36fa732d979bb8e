// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.poll.Interest;
import io.millrace.poll.PollBits;
import io.millrace.ring.BufferRing;
import io.millrace.ring.CompletionQueue;
import io.millrace.ring.Ring;
import io.millrace.ring.Sqe;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.sys.Uring;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A ring over one side of a script. The data of an operation are its number in the script. */
final class RingSide implements AutoCloseable {
    private static final long PATIENCE_NANOS = 30_000_000_000L;
    private static final int SENT = 4096;

    /** What has completed, by operation, in words, in order. */
    final Map<Long, List<String>> completed = new TreeMap<>();

    private final KernelSide side;
    private final Ring ring;
    private final BufferRing buffers;
    private final MemorySegment sending = Arena.ofAuto().allocate(SENT);
    private final Map<Long, Integer> receives = new TreeMap<>();
    private final Map<Long, ArrayDeque<Integer>> accepts = new TreeMap<>();
    private final Map<Long, Integer> polls = new TreeMap<>();
    private final Map<Long, Integer> sends = new TreeMap<>();
    private int count;

    RingSide(KernelSide side, int buffers, int size, boolean incremental) throws SysException {
        this.side = side;
        this.ring = side.kernel.ring(8, 64);
        this.buffers = ring.buffers(0, buffers, size, incremental);
        assert ring.enable() == 0;
    }

    private Sqe next() {
        return ring.submissions().next();
    }

    void receive(int socket, long data) {
        receives.put(data, socket);
        next().receiveMultishot(side.descriptor(socket), 0, data);
    }

    /** The connections that come have the numbers in {@code waiting}. */
    void accept(int listener, ArrayDeque<Integer> waiting, long data) {
        accepts.put(data, waiting);
        next().acceptMultishot(side.descriptor(listener), Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, data);
    }

    void poll(int socket, int interest, boolean goesOn, long data) {
        polls.put(data, socket);
        if (goesOn) {
            next().pollMultishot(side.descriptor(socket), PollBits.toPoll(interest), data);
        } else {
            next().poll(side.descriptor(socket), PollBits.toPoll(interest), data);
        }
    }

    void send(int socket, int length, boolean linked, long data) {
        sends.put(data, socket);
        byte[] bytes = side.next(socket, KernelSide.Stream.SENT, length);
        MemorySegment.copy(bytes, 0, sending, ValueLayout.JAVA_BYTE, 0, length);
        Sqe entry = next();
        int flags = Sockets.MSG_DONTWAIT | Sockets.MSG_NOSIGNAL;
        entry.send(side.descriptor(socket), sending.address(), length, flags, data);
        if (linked) {
            entry.link();
        }
    }

    void nop(long data) {
        next().nop(data);
    }

    void cancel(long target, long data) {
        next().cancel(target, data);
    }

    /** Hands over what has been written and takes what is done, without waiting. Returns how many completions came. */
    int turn() {
        int result = ring.submitAndWait(0, 0);
        assert result >= 0 || result == -Errno.EINTR : Errno.describe(result);
        CompletionQueue queue = ring.completions();
        int taken = 0;
        for (; queue.ready() > 0; taken++) {
            queue.look();
            take(queue.data(), queue.result(), queue.flags());
            queue.done();
        }
        count += taken;
        return taken;
    }

    /** Turns until as many completions have come as on the other side. */
    void turnLike(RingSide other) {
        long end = System.nanoTime() + PATIENCE_NANOS;
        do {
            turn();
        } while (count < other.count && System.nanoTime() - end < 0);
    }

    private void take(long data, int result, int flags) {
        String what = result < 0 ? Errno.describe(result) : Integer.toString(result);
        if (receives.containsKey(data) && (flags & Uring.IORING_CQE_F_BUFFER) != 0) {
            byte[] bytes = new byte[result];
            MemorySegment.copy(buffers.memory(), ValueLayout.JAVA_BYTE, buffers.offset(flags), bytes, 0, bytes.length);
            buffers.release(flags, result);
            side.check(receives.get(data), KernelSide.Stream.RECEIVED, bytes, result);
        } else if (accepts.containsKey(data) && result >= 0) {
            int socket = accepts.get(data).remove();
            side.opened(socket, result);
            what = "accepted " + socket;
        } else if (sends.containsKey(data)) {
            side.advance(sends.get(data), KernelSide.Stream.SENT, result);
        } else if (polls.containsKey(data) && result > 0) {
            what = Interest.describe(PollBits.fromPoll(result));
        }
        int told = flags & (Uring.IORING_CQE_F_BUFFER | Uring.IORING_CQE_F_BUF_MORE);
        boolean more = (flags & Uring.IORING_CQE_F_MORE) != 0;
        completed
                .computeIfAbsent(data, key -> new ArrayList<>())
                .add(what + (told == 0 ? "" : " in buffer " + Integer.toHexString(told)) + (more ? ", goes on" : ""));
        if (!more) {
            receives.remove(data);
            polls.remove(data);
            accepts.remove(data);
        }
    }

    @Override
    public void close() {
        ring.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.SharedBytes;
import io.millrace.core.TimeLimit;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.sys.Errno;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A connection without a loop: whoever serves it is its loop. {@link #serve} gives it the calling thread for its whole
 * life, the way of servers with a process or a thread for each client; {@link #step} is one round of that without the
 * sleep, for carriers that sleep in ways of their own. The protocol sees no difference to a connection of an
 * {@link EventLoop}.
 *
 * <pre>
 *   serve:   step ──► sleep on the socket and the bell ──► step ──► ... until over
 *   step:    run tasks ─► ring the deadline ─► receive ─► protocol ─► send
 * </pre>
 *
 * <p>A link is served by one thread at a time, which owns it meanwhile. What other threads {@link #execute} once the
 * link is over runs on their own thread, one after the other.
 */
public final class BlockingLink extends BlockingFlow {
    private static final long LINGER_NANOS = 2_000_000_000L;
    private static final int TASKS_A_STEP = 1024;
    private static final Budget BUDGET = Budget.USUAL;

    private final SocketIo socketIo;
    private final SocketAddress peer;
    private final HeapLimit heap;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private Protocol protocol;
    private ThreadBuffers threadBuffers;
    private Buffer in;
    private OutputQueue output;
    private CloseMode closing;
    private CloseCause cause;
    private long now = System.nanoTime();
    private long deadline = NEVER;
    private boolean moved;
    private volatile Thread owner;
    private volatile boolean over;

    /** How much memory is known to wait here. */
    private volatile long counted;

    /** Why it is to end, as somebody else has decided; {@code null} for not at all. */
    private volatile CloseCause ordered;

    /**
     * A link over a connected socket, with a limit of its own on what it holds.
     *
     * @param socketIo the socket, which the link closes at its end
     * @param peer the peer's address, or {@code null}
     * @param protocol what is spoken
     */
    public BlockingLink(SocketIo socketIo, SocketAddress peer, Protocol protocol) {
        this(socketIo, peer, protocol, new HeapLimit(HeapLimit.usual()));
    }

    /**
     * A link over a connected socket, one of several that share a limit.
     *
     * @param heap how much of the heap they may hold
     */
    public BlockingLink(SocketIo socketIo, SocketAddress peer, Protocol protocol, HeapLimit heap) {
        this.socketIo = socketIo;
        this.peer = peer;
        this.protocol = protocol;
        this.heap = heap;
    }

    // ---- for carriers ----

    /**
     * Serves the connection on the calling thread until it is over, and returns why it ended. Has a desk only while it
     * works.
     */
    public CloseCause serve(ThreadBuffers.Pool desks) {
        step(desks);
        while (!over) {
            ready(hasWork() ? 0 : socketIo.await(interest(), untilDue()));
            step(desks);
        }
        return cause;
    }

    /** Takes a step at a desk that is free. */
    public boolean step(ThreadBuffers.Pool desks) {
        ThreadBuffers taken = desks.take();
        try {
            return step(taken);
        } finally {
            desks.give(taken);
        }
    }

    /**
     * Does what can be done without waiting. The caller owns the link for the length of the call.
     *
     * @return whether anything moved
     */
    public boolean step(ThreadBuffers threadBuffers) {
        if (over) {
            return false;
        }
        this.threadBuffers = threadBuffers;
        owner = Thread.currentThread();
        now = System.nanoTime();
        moved = false;
        try {
            round();
        } catch (Throwable t) {
            failed(t);
        }
        if (is(CLOSING)) {
            bury();
            return true;
        }
        count();
        this.threadBuffers = null;
        owner = null;
        heap.relieve();
        return moved;
    }

    /**
     * When the next step is due even if nothing happens, in {@link System#nanoTime}; {@link #NEVER}. By the carrier,
     * between two steps.
     */
    public long due() {
        return Math.min(deadline, flow.due());
    }

    private long untilDue() {
        long due = due();
        return due == NEVER ? -1 : Math.max(0, due - System.nanoTime());
    }

    /**
     * Whether a step would get anywhere now: its budget was used up, or there is a task. By the carrier, between two
     * steps.
     */
    public boolean hasWork() {
        return hasIo() || !tasks.isEmpty() || ordered != null;
    }

    /** Whether the connection has ended; nothing more is to be done for it then. Any thread may ask. */
    public boolean over() {
        return over;
    }

    /**
     * Tells the protocol that the server is stopping, once what has arrived was delivered. Once. Any thread may call.
     */
    public void stop() {
        execute(() -> {
            if (!is(STOPPING)) {
                set(STOPPING | READABLE);
                read(BUDGET.read());
                if (closing == null && !is(CLOSING | DEAD)) {
                    protocol.shuttingDown(this);
                }
            }
        });
    }

    /** Ends the connection at once, with {@link CloseCause#SHUTDOWN}. Any thread may call. */
    public void cut() {
        order(CloseCause.SHUTDOWN);
    }

    /** Allocates nothing: the end may be for want of memory. */
    private void order(CloseCause why) {
        if (ordered == null) {
            ordered = why;
        }
        socketIo.wake();
    }

    /**
     * Ends the connection at once, with {@link CloseCause#FAILED}: its carrier cannot go on with it. By the carrier,
     * between two steps.
     */
    public void abandon() {
        if (!over) {
            owner = Thread.currentThread();
            doom(CloseCause.FAILED);
            bury();
        }
    }

    // ---- memory ----

    /** Bytes of heap that wait here, buffers as large as they are. Any thread may ask. */
    public long held() {
        return counted;
    }

    /** Ends the connection soon, with {@link CloseCause#MEMORY_PRESSURE}. Any thread may call. */
    public void evict() {
        order(CloseCause.MEMORY_PRESSURE);
    }

    /** Whether it has been told to end for the sake of memory. Any thread may ask. */
    public boolean evicted() {
        return ordered == CloseCause.MEMORY_PRESSURE;
    }

    /** Notes how much waits here by now; when memory is short and the peer does not read, little more than that. */
    private void count() {
        if (heap.isShort() && pending() > 0 && !is(WRITABLE)) {
            trim();
        }
        long held = (in == null ? 0 : in.capacity()) + (output == null ? 0 : output.held());
        held += is(DEAD) ? 0 : protocol.heldBytes();
        if (held != counted) {
            heap.add(held - counted);
            counted = held;
        }
    }

    private void trim() {
        output.trim();
        if (in != null) {
            in.trim();
        }
    }

    private long high() {
        long agreed = flow.outputHigh();
        return heap.isShort() ? Math.min(agreed, HeapLimit.LOW_MARK) : agreed;
    }

    // ---- one round ----

    private void round() {
        if (ordered != null) {
            if (evicted()) {
                set(ABORTING);
            }
            doom(ordered);
            return;
        }
        if (!is(OPENED)) {
            set(OPENED);
            moved = true;
            protocol.opened(this);
        }
        runTasks();
        move();
        // After the bytes: what has just moved puts a limit off.
        if (due() <= now && !is(CLOSING)) {
            ring();
            move();
        }
    }

    private void move() {
        long left = BUDGET.read();
        int rounds = BUDGET.rounds();
        do {
            left = read(left);
            if (is(DIRTY)) {
                write();
            }
        } while (hasIo() && !is(CLOSING) && left > 0 && --rounds > 0);
    }

    /** Those that are there; one that executes another for ever must not keep the socket waiting. */
    private void runTasks() {
        for (int i = 0; i < TASKS_A_STEP; i++) {
            Runnable task = tasks.poll();
            if (task == null) {
                return;
            }
            moved = true;
            try {
                task.run();
            } catch (Throwable t) {
                failed(t);
            }
        }
    }

    private void ring() {
        if (flow.isStalled(now)) {
            doom(CloseCause.STALLED);
        } else if (deadline <= now) {
            deadline = NEVER;
            moved = true;
            if (is(LINGERING)) {
                doom(CloseCause.LOCAL);
            } else {
                protocol.expired(this);
            }
        }
        flow.expire(now);
    }

    @Override
    void late(TimeLimit which) {
        if (closing == null && !is(CLOSING)) {
            moved = true;
            protocol.timedOut(this, which);
        }
    }

    private long read(long most) {
        long left = most;
        while (left > 0 && wantsInput()) {
            if (is(REDELIVER)) {
                left -= offer();
            } else if (is(END_TO_TELL)) {
                clear(END_TO_TELL);
                protocol.inputClosed(this);
            } else if (is(READABLE) && (flow.mayReceive() || is(HUNG_UP))) {
                left -= receive();
            } else {
                break;
            }
        }
        // Gone in both directions while nobody reads: no call would ever find out.
        if (is(HUNG_UP) && !wantsInput()) {
            doom(CloseCause.RESET);
        }
        return left;
    }

    @Override
    boolean wantsInput() {
        if (is(LINGERING)) {
            return !is(CLOSING);
        }
        return !is(PAUSED | CLOSING | DEAD) && closing == null && pending() < high();
    }

    /** Shows the protocol once more what it left, without new bytes. */
    private int offer() {
        clear(REDELIVER);
        Buffer left = in;
        if (left != null && isEnough(left.readable())) {
            protocol.receive(left, this);
            if (left.isEmpty() && in == left) {
                in = null;
            }
        }
        return 4096;
    }

    private int receive() {
        Buffer into = lend();
        int space = portion(heap.isShort() ? Math.min(into.writable(), HeapLimit.LITTLE) : into.writable());
        if (space <= 0) {
            threadBuffers.lent.clear();
            return 0;
        }
        int n = socketIo.receive(into.array(), into.tail(), space);
        if (n > 0) {
            into.wrote(n);
            moved = true;
            flow.received(n);
            // Less than there was room for: nothing more is there (a hang-up excepted), and the next wait will tell.
            if (n < space && !is(HUNG_UP | SILENT)) {
                clear(READABLE);
            }
            deliver(into);
            return n;
        }
        threadBuffers.lent.clear();
        if (n == 0) {
            endRead();
        } else if (n == -Errno.EAGAIN) {
            clear(READABLE | HUNG_UP);
        } else if (n != -Errno.EINTR) {
            doom(Causes.of(n));
        }
        return 0;
    }

    private void endRead() {
        clear(READABLE);
        if (is(ENDED) && is(HUNG_UP)) {
            doom(CloseCause.RESET);
        } else if (!is(ENDED)) {
            moved = true;
            // What was too little to be shown is all there will ever be.
            set(flow.inputLow() <= 1 ? ENDED | END_TO_TELL : ENDED | END_TO_TELL | REDELIVER);
            if (is(LINGERING)) {
                doom(CloseCause.LOCAL);
            }
        }
        clear(HUNG_UP);
    }

    private Buffer lend() {
        Buffer lent = threadBuffers.lent;
        if (in == null) {
            return lent;
        }
        if (in.readable() <= lent.capacity() / 2) {
            lent.append(in);
            return lent;
        }
        in.reserve(lent.capacity());
        return in;
    }

    private void deliver(Buffer from) {
        try {
            if (is(LINGERING)) {
                from.clear();
            } else {
                if (isEnough(from.readable())) {
                    protocol.receive(from, this);
                }
                keep(from);
            }
        } finally {
            threadBuffers.lent.clear();
        }
    }

    /** What the protocol left moves out of the lent buffer into one of the link's own, just large enough. */
    private void keep(Buffer from) {
        if (from.isEmpty()) {
            in = null;
        } else if (from != in) {
            if (in == null) {
                in = new Buffer(ReceiveBuffer.justEnough(from.readable()));
            }
            in.clear();
            in.append(from);
        }
    }

    private void write() {
        clear(DIRTY);
        long left = BUDGET.write();
        boolean progress = false;
        while (pending() > 0 && is(WRITABLE) && !is(CLOSING)) {
            if (left <= 0) {
                set(DIRTY);
                lowered();
                return;
            }
            long most = flow.maySend(left);
            if (most == 0) {
                // A rate holds the output up, not the peer.
                set(DIRTY);
                flow.unblocked();
                moved |= progress;
                lowered();
                return;
            }
            long n = threadBuffers.send(socketIo, output, most);
            if (threadBuffers.full) {
                clear(WRITABLE);
            }
            if (n > 0) {
                progress = true;
                left -= n;
                flow.sent(n);
            } else if (n == -Errno.EAGAIN) {
                clear(WRITABLE);
            } else if (n != -Errno.EINTR) {
                doom(Causes.of((int) n));
            }
        }
        moved |= progress;
        if (!is(CLOSING)) {
            settle();
        }
    }

    private void settle() {
        if (pending() > 0) {
            set(DIRTY);
            flow.blocked();
            lowered();
            return;
        }
        if (output != null) {
            threadBuffers.outputs.give(output);
            output = null;
        }
        flow.unblocked();
        if (is(FINISHING) && !is(FINISHED)) {
            set(FINISHED);
            socketIo.shutdown();
        }
        if (closing == CloseMode.FLUSHED) {
            doom(CloseCause.LOCAL);
        } else if (closing == CloseMode.LINGERING) {
            linger();
        } else {
            protocol.drained(this);
        }
    }

    private void linger() {
        if (is(ENDED)) {
            doom(CloseCause.LOCAL);
        } else if (!is(LINGERING)) {
            if (!is(FINISHED)) {
                socketIo.shutdown();
            }
            flow.end();
            set(LINGERING | READABLE);
            in = null;
            deadline = later(LINGER_NANOS);
        }
    }

    /** Some output has left and some has not: tells a producer when it has become little enough. */
    private void lowered() {
        if (closing == null && flow.fellToLow(pending())) {
            protocol.drained(this);
        }
    }

    private long later(long nanos) {
        long at = now + nanos;
        return at < now ? NEVER : at;
    }

    private void failed(Throwable thrown) {
        if (is(DEAD)) {
            Log.failure("a task of a connection that has ended threw", thrown);
            return;
        }
        doom(CloseCause.FAILED);
        if (thrown instanceof OutOfMemoryError) {
            forget();
        }
        Log.failure("a protocol failed on the connection from ", peer, "", thrown);
    }

    private void doom(CloseCause why) {
        if (!is(CLOSING)) {
            set(CLOSING);
            cause = why;
        }
    }

    /** Ends the link, whatever fails meanwhile: memory is given up first, then the socket closed. */
    private void bury() {
        set(DEAD);
        forget();
        flow.end();
        try {
            if (is(ABORTING)) {
                socketIo.abort();
            } else {
                socketIo.close();
            }
            releaseOutput();
        } catch (Throwable t) {
            Log.failure("closing ", this, " failed", t);
        }
        count();
        try {
            protocol.closed(cause);
        } catch (Throwable t) {
            Log.failure("a protocol failed in closed()", t);
        }
        threadBuffers = null;
        owner = null;
        over = true;
        runLate();
    }

    /** Gives up what waits here, without an allocation. */
    private void forget() {
        in = null;
        if (output != null) {
            output.forget();
        }
    }

    private void releaseOutput() {
        if (output != null) {
            OutputQueue all = output;
            output = null;
            all.release();
        }
    }

    /** After the end there is no owner any more: one thread at a time stands in for it. */
    private synchronized void runLate() {
        Thread before = owner;
        owner = Thread.currentThread();
        while (!tasks.isEmpty()) {
            runTasks();
        }
        // A task that executes another one comes through here twice on the same thread.
        owner = before;
    }

    // ---- wishes, from the protocol ----

    @Override
    public Buffer out() {
        assert inLoop();
        return is(DEAD | FINISHING) ? new Buffer() : output().out(threadBuffers.outputs.buffers);
    }

    private OutputQueue output() {
        if (output == null) {
            output = threadBuffers.outputs.take();
        }
        return output;
    }

    @Override
    public void flush() {
        assert inLoop();
        set(DIRTY);
        flow.flushed(pending());
    }

    @Override
    int kept() {
        return in == null ? 0 : in.readable();
    }

    @Override
    public boolean writable() {
        // Whoever asks is about to begin something: what is held by now has to be known.
        count();
        return pending() < high();
    }

    @Override
    public long pending() {
        return output == null ? 0 : output.pending();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        assert inLoop();
        if (is(CLOSING | DEAD | FINISHING) || count <= 0) {
            file.close();
            return;
        }
        output().add(file, from, count);
    }

    @Override
    public void transfer(SharedBytes body) {
        send(body.array(), body.offset(), body.length(), body);
    }

    @Override
    public void transfer(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        send(bytes, offset, length, null);
    }

    private void send(byte[] bytes, int offset, int length, SharedBytes body) {
        assert inLoop();
        if (!is(CLOSING | DEAD | FINISHING) && length > 0) {
            output().transfer(bytes, offset, length, body, heap.isShort(), threadBuffers.outputs.buffers);
        }
    }

    @Override
    public void pause(boolean on) {
        assert inLoop();
        if (on) {
            set(PAUSED);
        } else {
            clear(PAUSED);
            set(REDELIVER);
            flow.resumed();
        }
    }

    @Override
    public void switchProtocol(Protocol next) {
        assert inLoop();
        if (is(CLOSING | DEAD)) {
            return;
        }
        protocol = next;
        // What the old one has been told and what it left, the next one has still to hear.
        set(REDELIVER);
        if (is(ENDED)) {
            set(END_TO_TELL);
        }
        if (closing == null) {
            // What the old one has set for itself is not for the next one.
            deadline = NEVER;
            flow.reset();
        }
        next.opened(this);
    }

    @Override
    public void deadline(long at) {
        assert inLoop();
        deadline = at;
    }

    @Override
    public void shutdownOutput() {
        assert inLoop();
        if (is(FINISHING | CLOSING | DEAD) || closing != null) {
            return;
        }
        if (output != null) {
            output.finish(threadBuffers.outputs.buffers);
        }
        set(FINISHING | DIRTY);
    }

    @Override
    public void close(CloseMode how) {
        assert inLoop();
        if (how == CloseMode.NOW || how == CloseMode.ABORT) {
            if (how == CloseMode.ABORT && !is(CLOSING)) {
                set(ABORTING);
            }
            doom(CloseCause.LOCAL);
        } else if (closing == null) {
            closing = how;
            set(DIRTY);
        }
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == owner;
    }

    @Override
    public SocketAddress peer() {
        return peer;
    }

    @Override
    public SocketAddress local() {
        return is(DEAD) ? null : socketIo.local();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
        if (over) {
            runLate();
        } else if (!inLoop()) {
            socketIo.wake();
        }
    }

    @Override
    public String toString() {
        return "BlockingLink[" + peer + "]";
    }
}

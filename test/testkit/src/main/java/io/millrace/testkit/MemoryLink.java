// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A link without a network: a test feeds bytes to a protocol and looks at what it sends. The test's thread owns it.
 *
 * <p>Behaves as a connection does, and less kindly where the contract allows: the input buffer is filled with rubbish
 * after each receive, the protocol is never called from within its own call, tasks run in order when the test's thread
 * comes by. Exceptions of the protocol come out of the verb that caused them.
 *
 * <pre>
 *   feed ─► arrived ─► input ─► protocol.receive ─► out ─► flush ─► [window of the peer] ─► sent
 * </pre>
 */
public final class MemoryLink extends MemoryVerbs {
    private static final byte RUBBISH = (byte) 0xEE;
    private static final int PATIENCE_SECONDS = 20;

    private boolean endTold;
    private boolean stopTold;
    private boolean finished;
    private boolean calling;
    private boolean closeTold;

    /** A link that carries {@code protocol}, which is told so. */
    public MemoryLink(Protocol protocol) {
        this(protocol, new FakeClock());
    }

    /** A link with that clock that carries {@code protocol}, which is told so. */
    public MemoryLink(Protocol protocol, FakeClock clock) {
        super(protocol, clock);
        call(() -> protocol.opened(this));
        turn();
    }

    // ---- the test's side

    /** Lets these bytes arrive. */
    public MemoryLink feed(byte[] bytes) {
        if (cause == null && bytes.length > 0) {
            arrived.append(bytes);
        }
        turn();
        return this;
    }

    /** Lets these bytes arrive, a character each. */
    public MemoryLink feed(String text) {
        return feed(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The peer sends no more. */
    public MemoryLink end() {
        inputEnded = true;
        turn();
        return this;
    }

    /** The peer breaks the connection off. */
    public MemoryLink reset() {
        end(CloseCause.RESET);
        turn();
        return this;
    }

    /** The server is shutting down. */
    public MemoryLink stop() {
        if (!stopTold && cause == null) {
            stopTold = true;
            call(() -> protocol.shuttingDown(this));
        }
        turn();
        return this;
    }

    /** From now on the peer takes only {@code bytes} more, until told otherwise. */
    public MemoryLink window(long bytes) {
        output.window(bytes);
        turn();
        return this;
    }

    /** Sets how much may wait before {@link #writable} says no. */
    public MemoryLink highWater(long bytes) {
        flow.usualHigh(bytes);
        return this;
    }

    /** Lets time pass, and with it the deadline and whatever else has a limit in time. */
    public MemoryLink advance(Duration time) {
        long target = clock.nanos() + time.toNanos();
        for (long due = due(); cause == null && due <= target; due = due()) {
            clock.advanceTo(due);
            ring();
            turn();
        }
        clock.advanceTo(target);
        return this;
    }

    private long due() {
        return closing == null ? Math.min(deadline, flow.due()) : flow.due();
    }

    private void ring() {
        if (flow.isStalled(clock.nanos())) {
            end(CloseCause.STALLED);
        } else if (closing == null && deadline <= clock.nanos()) {
            deadline = NEVER;
            call(() -> protocol.expired(this));
        }
        call(() -> flow.expire(clock.nanos()));
    }

    /** Does all that can be done now: tasks, input that was held back, sending. */
    public MemoryLink run() {
        turn();
        return this;
    }

    /** Runs the tasks that other threads bring until {@code condition} holds; fails after a long while. */
    public MemoryLink runUntil(BooleanSupplier condition) {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        turn();
        while (!condition.getAsBoolean()) {
            Runnable task = poll(giveUp);
            if (task != null) {
                call(task);
            } else if (System.nanoTime() - giveUp > 0) {
                throw new AssertionError("nothing came for " + PATIENCE_SECONDS + " s; sent so far: " + text());
            }
            turn();
        }
        return this;
    }

    // Waits in short steps: the condition may become true without a task.
    private Runnable poll(long giveUp) {
        try {
            long left = Math.min(giveUp - System.nanoTime(), TimeUnit.MILLISECONDS.toNanos(20));
            return tasks.poll(left, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** What the peer has got so far. */
    public byte[] sent() {
        return output.sent().toByteArray();
    }

    /** What the peer has got so far, a character for each byte. */
    public String text() {
        return output.sent().toString(StandardCharsets.ISO_8859_1);
    }

    /** What the peer has got since the last time this was asked, a character for each byte. */
    public String take() {
        String text = text();
        output.sent().reset();
        return text;
    }

    /** How the protocol asked for the end, {@code null} if it has not. */
    public CloseMode closing() {
        return closing;
    }

    /** Why the connection ended, {@code null} while it stands. */
    public CloseCause cause() {
        return cause;
    }

    /** Whether the connection is over. */
    public boolean isClosed() {
        return cause != null;
    }

    /** Whether the protocol holds the peer back. */
    public boolean isPaused() {
        return paused;
    }

    /** Whether the protocol has closed its direction, and everything before that has left. */
    public boolean isFinished() {
        return finished;
    }

    /** Number of bytes that the protocol has left unconsumed. */
    public int unconsumed() {
        return input.length + arrived.readable();
    }

    /** The moment of the deadline, {@link Link#NEVER} without one. */
    public long deadline() {
        return deadline;
    }

    /** How often the protocol has set a deadline. */
    public int deadlineCalls() {
        return deadlineCalls;
    }

    /** The write limit that the protocol asked for. */
    public long writeTimeout() {
        return flow.writeTimeout();
    }

    /** The protocol that has the connection now. */
    public Protocol protocol() {
        return protocol;
    }

    /** The clock of this link. */
    public FakeClock clock() {
        return clock;
    }

    /** Sets what {@link #peer} answers. */
    public MemoryLink from(SocketAddress address) {
        peer = address;
        return this;
    }

    /** Sets what {@link #tls} returns. */
    public MemoryLink secured(Tls session) {
        tls = session;
        return this;
    }

    // ---- the turn: what a loop does between two waits

    private void turn() {
        if (calling) {
            return;
        }
        boolean moved;
        do {
            moved = received() | delivered() | upgraded() | ranTask() | sentSome() | ended();
        } while (moved);
    }

    private void call(Runnable body) {
        if (calling) {
            throw new IllegalStateException("the protocol is called from within its own call");
        }
        calling = true;
        try {
            body.run();
        } finally {
            calling = false;
        }
    }

    private boolean upgraded() {
        if (next == null || cause != null) {
            return false;
        }
        protocol = next;
        next = null;
        offered = false;
        if (closing == null) {
            deadline = NEVER;
            flow.reset();
        }
        call(() -> protocol.opened(this));
        return true;
    }

    @Override
    boolean wantsInput() {
        return cause == null && closing == null && !paused && next == null && pending() < flow.outputHigh();
    }

    private boolean received() {
        int count = wantsInput() ? flow.mayReceive(arrived.readable()) : 0;
        if (count <= 0) {
            return false;
        }
        int kept = input.length;
        input = Arrays.copyOf(input, kept + count);
        System.arraycopy(arrived.array(), arrived.head(), input, kept, count);
        arrived.consume(count);
        offered = false;
        flow.received(count);
        return true;
    }

    private boolean delivered() {
        if (!wantsInput()) {
            return false;
        }
        boolean all = inputEnded && arrived.isEmpty();
        if (!offered && input.length > 0 && (input.length >= flow.inputLow() || all)) {
            deliver();
            return true;
        }
        if (all && !endTold) {
            endTold = true;
            call(() -> protocol.inputClosed(this));
            return true;
        }
        return false;
    }

    private void deliver() {
        offered = true;
        // Bytes before the head, so that a protocol that takes offsets for indices is found out.
        Buffer lent = new Buffer(input.length + 3);
        lent.append(new byte[] {RUBBISH, RUBBISH, RUBBISH});
        lent.append(input);
        lent.consume(3);
        byte[] array = lent.array();
        call(() -> protocol.receive(lent, this));
        input = lent.toBytes();
        Arrays.fill(array, RUBBISH);
    }

    private boolean ranTask() {
        Runnable task = tasks.poll();
        if (task == null) {
            return false;
        }
        call(task);
        return true;
    }

    private boolean sentSome() {
        if (finishing && !finished && pending() == 0 && cause == null) {
            finished = true;
        }
        if (!flushed || cause != null || closing == CloseMode.NOW || closing == CloseMode.ABORT || pending() == 0) {
            return false;
        }
        long count = output.send(flow.maySend(Math.min(output.window(), pending())));
        if (count > 0) {
            flow.sent(count);
        }
        if (output.isBroken()) {
            end(CloseCause.FAILED);
        }
        if (cause == null) {
            tellSent();
        }
        return count > 0;
    }

    private void tellSent() {
        boolean all = pending() == 0;
        if (all) {
            flushed = false;
            flow.unblocked();
        } else {
            flow.blocked();
        }
        if (closing == null && (all || flow.fellToLow(pending()))) {
            call(() -> protocol.drained(this));
        }
    }

    private boolean ended() {
        if (cause == null
                && closing != null
                && (closing == CloseMode.NOW || closing == CloseMode.ABORT || pending() == 0)) {
            end(CloseCause.LOCAL);
        }
        if (cause == null || closeTold) {
            return false;
        }
        closeTold = true;
        output.drop();
        arrived.clear();
        input = new byte[0];
        if (next == null) {
            call(() -> protocol.closed(cause));
        }
        return true;
    }

    private void end(CloseCause why) {
        if (cause == null) {
            cause = why;
        }
    }
}

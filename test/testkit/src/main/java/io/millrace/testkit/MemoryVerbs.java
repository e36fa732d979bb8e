// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.TimeLimit;
import io.millrace.core.Tls;
import io.millrace.link.LinkFlow;
import java.net.SocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * What a protocol asks of a {@link MemoryLink}: noted in fields, for the link's turn to act upon. The thread that made
 * the link owns it.
 */
abstract class MemoryVerbs implements Link {
    final FakeClock clock;
    final Thread owner = Thread.currentThread();
    final BlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    final MemoryOutput output = new MemoryOutput();
    Protocol protocol;
    Protocol next;
    final Buffer arrived = new Buffer();
    byte[] input = {};
    boolean offered = true;
    boolean paused;
    boolean inputEnded;
    boolean flushed;
    boolean finishing;
    CloseMode closing;
    CloseCause cause;
    long deadline = NEVER;
    int deadlineCalls;
    final LinkFlow flow;
    SocketAddress peer;
    Tls tls;

    MemoryVerbs(Protocol protocol, FakeClock clock) {
        this.protocol = protocol;
        this.clock = clock;
        this.flow = new LinkFlow(new Carrier(), clock.nanos());
    }

    /** Returns whether the protocol may be given input now. */
    abstract boolean wantsInput();

    @Override
    public Buffer out() {
        own();
        return cause == null && !finishing ? output.out() : new Buffer();
    }

    @Override
    public void flush() {
        own();
        flushed = true;
        flow.flushed(pending());
    }

    @Override
    public boolean writable() {
        own();
        return pending() < flow.outputHigh();
    }

    @Override
    public long pending() {
        return output.pending();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        own();
        if (cause != null || finishing) {
            file.close();
            return;
        }
        output.add(file, from, count);
    }

    @Override
    public Flow flow() {
        return flow;
    }

    @Override
    public void pause(boolean on) {
        own();
        if (!on) {
            offered = false;
            flow.resumed();
        }
        paused = on;
    }

    @Override
    public void switchProtocol(Protocol successor) {
        own();
        if (cause == null) {
            next = successor;
        }
    }

    @Override
    public void deadline(long at) {
        own();
        deadline = at;
        deadlineCalls++;
    }

    @Override
    public void shutdownOutput() {
        own();
        finishing = true;
        flushed = true;
    }

    @Override
    public void close(CloseMode how) {
        own();
        if (closing == null || how == CloseMode.NOW || how == CloseMode.ABORT) {
            closing = how;
            flushed = true;
        }
    }

    @Override
    public long now() {
        own();
        return clock.nanos();
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
        return null;
    }

    @Override
    public Tls tls() {
        return tls;
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** The link as its flow sees it: {@link MemoryLink#advance} asks when something is due. */
    private final class Carrier implements LinkFlow.Carrier {
        @Override
        public long now() {
            return clock.nanos();
        }

        @Override
        public int kept() {
            return input.length;
        }

        @Override
        public boolean isOver() {
            own();
            return cause != null || closing == CloseMode.NOW || closing == CloseMode.ABORT;
        }

        @Override
        public boolean isInputOff() {
            return paused || (inputEnded && arrived.isEmpty());
        }

        @Override
        public boolean isInputWaiting() {
            return !wantsInput();
        }

        @Override
        public boolean isOutputWaiting() {
            return flushed && pending() > 0;
        }

        @Override
        public void offerAgain() {
            offered = false;
        }

        @Override
        public void timedOut(TimeLimit which) {
            if (closing == null && cause == null) {
                protocol.timedOut(MemoryVerbs.this, which);
            }
        }
    }

    final void own() {
        if (!inLoop()) {
            throw new IllegalStateException("called by " + Thread.currentThread() + ", owned by " + owner);
        }
    }
}

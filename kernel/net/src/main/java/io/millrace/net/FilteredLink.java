// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Closing;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.core.Rate;
import io.millrace.core.TimeLimit;
import io.millrace.core.Traffic;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;

/**
 * The link above a filter. Files go through the filter in pieces, no faster than the link below takes them; bodies are
 * copied into the output, for the filter has to read them anyway.
 */
final class FilteredLink implements Link {
    private static final int PIECE = 32 * 1024;

    /** Bytes, or part of a file that is still to be read. */
    private static final class Part {
        final Buffer bytes;
        final OpenFile file;
        long position;
        long left;

        Part(Buffer bytes, OpenFile file, long position, long left) {
            this.bytes = bytes;
            this.file = file;
            this.position = position;
            this.left = left;
        }
    }

    private final Link lower;
    private final Filter filter;
    private final Buffer in = new Buffer();
    private final ArrayDeque<Part> queue = new ArrayDeque<>();

    private Protocol protocol;
    private Buffer out = new Buffer();
    private long high = 256 * 1024;
    private int inputLow = 1;
    private int inputHigh = Integer.MAX_VALUE;
    private boolean paused;
    private boolean lowerEnded;
    private boolean endTold;
    private boolean finishing;
    private boolean finished;

    /** Files stand before the output, and it is to go through the filter after them. */
    private boolean flushWanted;

    private Closing closing;
    private boolean broken;
    private boolean dead;

    FilteredLink(Link lower, Filter filter) {
        this.lower = lower;
        this.filter = filter;
    }

    Protocol protocol() {
        return protocol;
    }

    // ---- from below ----

    /** What has come in goes through the filter and to the protocol, as far as both want it. */
    void received(Buffer raw) {
        if (closing != null || broken) {
            raw.consume(raw.readable());
            return;
        }
        offer();
        while (wantsInput() && transformIn(raw, lowerEnded ? Flush.FINISHED : Flush.NORMAL)) {
            offer();
        }
        // Held up: what is left below is offered again when the protocol goes on.
    }

    /** One step of the filter; whether there may be another. */
    private boolean transformIn(Buffer raw, Flush mode) {
        Filter.Outcome outcome = filter.input(raw, in, mode);
        if (outcome == Filter.Outcome.ERROR) {
            fail();
        }
        return outcome == Filter.Outcome.OK;
    }

    private boolean wantsInput() {
        return !paused && closing == null && !broken && !dead && in.readable() < inputHigh;
    }

    /** Shows the protocol what there is for it. */
    private void offer() {
        if (!paused
                && closing == null
                && !broken
                && !dead
                && !in.isEmpty()
                && (in.readable() >= inputLow || lowerEnded)) {
            protocol.receive(in, this);
        }
    }

    void ended() {
        lowerEnded = true;
        received(new Buffer());
        tellEnd();
    }

    private void tellEnd() {
        if (lowerEnded && !endTold && !paused && closing == null && !broken && !dead) {
            endTold = true;
            protocol.ended(this);
        }
    }

    void drained() {
        pump();
        if (queue.isEmpty() && flushWanted) {
            flush(Flush.FLUSH);
        }
        if (queue.isEmpty() && closing == null && !broken && lower.pending() == 0) {
            protocol.drained(this);
        }
    }

    void closed(CloseCause why) {
        dead = true;
        queue.forEach(FilteredLink::release);
        queue.clear();
        out.clear();
        filter.close();
        protocol.closed(broken ? CloseCause.FAILED : why);
    }

    private static void release(Part part) {
        if (part.file != null) {
            part.file.close();
        }
    }

    private void fail() {
        broken = true;
        lower.close(Closing.NOW);
    }

    // ---- output ----

    @Override
    public Buffer out() {
        return dead || finishing || closing != null ? new Buffer() : out;
    }

    @Override
    public void flush() {
        flush(Flush.FLUSH);
    }

    /** As {@link #flush()}, with a say in how much the filter may keep. */
    void flush(Flush mode) {
        if (dead || broken) {
            return;
        }
        if (mode == Flush.FINISHED) {
            finish();
            return;
        }
        pump();
        flushWanted = !queue.isEmpty();
        if (!flushWanted) {
            transformOut(out, mode);
        }
        lower.flush();
    }

    private void transformOut(Buffer bytes, Flush mode) {
        Filter.Outcome outcome;
        do {
            outcome = filter.output(bytes, lower.out(), mode);
        } while (outcome == Filter.Outcome.OK);
        if (outcome == Filter.Outcome.ERROR) {
            fail();
        }
    }

    /**
     * Sends on what stands before the output, as far as the link below takes it; then comes to the end, if there is to
     * be one.
     */
    private void pump() {
        if (dead) {
            return;
        }
        while (!queue.isEmpty() && lower.writable() && !broken) {
            Part part = queue.getFirst();
            if (part.file == null) {
                transformOut(part.bytes, Flush.NORMAL);
                queue.removeFirst();
            } else if (readSome(part)) {
                queue.removeFirst();
                part.file.close();
            }
        }
        if (!queue.isEmpty()) {
            lower.flush();
        } else if (finishing && !finished && !broken) {
            finished = true;
            transformOut(out, Flush.FINISHED);
            if (closing == null) {
                lower.finish();
            }
        }
        if (finished && closing != null) {
            lower.close(closing);
        }
    }

    /** Sends a piece of a file on; whether it was the last. */
    private boolean readSome(Part part) {
        Buffer piece = new Buffer((int) Math.min(PIECE, part.left));
        try {
            int n = part.file.read(part.position, piece.array(), 0, piece.capacity());
            if (n <= 0) {
                fail();
                return false;
            }
            piece.wrote(n);
            part.position += n;
            part.left -= n;
            transformOut(piece, Flush.NORMAL);
            return part.left == 0;
        } catch (IOException e) {
            fail();
            return false;
        }
    }

    @Override
    public boolean writable() {
        return pending() < high && lower.writable();
    }

    @Override
    public long pending() {
        long count = out.readable() + lower.pending();
        for (Part part : queue) {
            count += part.file == null ? part.bytes.readable() : part.left;
        }
        return count;
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        if (dead || broken || finishing || closing != null || count <= 0) {
            file.close();
            return;
        }
        if (!out.isEmpty()) {
            queue.add(new Part(out, null, 0, 0));
            out = new Buffer();
        }
        queue.add(new Part(null, file, from, count));
    }

    @Override
    public void finish() {
        finishing = true;
        pump();
        lower.flush();
    }

    @Override
    public void close(Closing how) {
        if (how == Closing.NOW || how == Closing.ABORT) {
            lower.close(how);
        } else if (closing == null && !dead) {
            closing = how;
            finishing = true;
            pump();
            lower.flush();
        }
    }

    // ---- input, and the rest ----

    @Override
    public void pause(boolean on) {
        paused = on;
        lower.pause(on);
        if (!on) {
            // The link below offers only what lies there; what has come through the filter lies here.
            execute(this::resume);
        }
    }

    private void resume() {
        offer();
        if (lowerEnded && wantsInput()) {
            received(new Buffer());
        }
        tellEnd();
    }

    @Override
    public void become(Protocol next) {
        protocol = next;
        endTold = false;
        execute(this::resume);
        next.opened(this);
    }

    @Override
    public void outputMarks(long low, long high) {
        lower.outputMarks(low, high);
        this.high = high;
    }

    @Override
    public void inputMarks(int low, int high) {
        inputLow = low;
        inputHigh = high;
        execute(this::resume);
    }

    @Override
    public void deadline(long at) {
        lower.deadline(at);
    }

    @Override
    public void stallLimit(long nanos) {
        lower.stallLimit(nanos);
    }

    @Override
    public void limit(TimeLimit which, long nanos) {
        lower.limit(which, nanos);
    }

    @Override
    public void rate(Rate rate) {
        lower.rate(rate);
    }

    @Override
    public void portions(int read, int write) {
        lower.portions(read, write);
    }

    @Override
    public Traffic traffic() {
        return lower.traffic();
    }

    @Override
    public long now() {
        return lower.now();
    }

    @Override
    public boolean inLoop() {
        return lower.inLoop();
    }

    @Override
    public SocketAddress peer() {
        return lower.peer();
    }

    @Override
    public SocketAddress local() {
        return lower.local();
    }

    @Override
    public boolean secure() {
        return lower.secure();
    }

    @Override
    public void execute(Runnable task) {
        lower.execute(task);
    }
}

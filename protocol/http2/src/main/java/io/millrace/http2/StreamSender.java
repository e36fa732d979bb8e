// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.http.FieldBlock;

/**
 * What one stream sends after the head of its answer (RFC 9113 sections 5.2 and 6.1): what waits, the window that the
 * peer leaves it, how long the window has been shut, and whether the end has been written.
 */
final class StreamSender {
    /** Bytes that may wait here before a writer is told to stop. */
    private static final int HIGH = 64 * 1024;

    /** What the sender needs of its stream. */
    interface Owner {
        /** Returns the number of the stream. */
        int number();

        /** Returns where the frames are written. */
        FrameOutput frames();

        /** Something waits and the window is open, or not any more: the scheduler is told. */
        void scheduled(boolean on);

        /** The window has been shut with something left to send. */
        void stalled();

        /** Returns how many of {@code count} bytes a rate lets through now. */
        int maySend(int count);

        /** Bytes have left; some may still wait. */
        void sent(int count);

        /** There is room again for a writer that was told to stop. */
        void roomAgain();

        /** The end of the stream has been written. */
        void outputEnded();
    }

    private final Owner owner;
    private final StreamOutput output = new StreamOutput();
    private int window;
    private boolean ended;
    private boolean endQueued;
    private boolean choked;
    private FieldBlock trailers;
    private long headAt;
    private long stalledSince;
    private long writeNanos;

    StreamSender(Owner owner) {
        this.owner = owner;
    }

    /** Begins a stream of which the peer takes {@code newWindow} bytes, and may take none for {@code nanos}. */
    void begin(int newWindow, long nanos) {
        window = newWindow;
        ended = false;
        endQueued = false;
        choked = false;
        trailers = null;
        headAt = -1;
        stalledSince = Link.NEVER;
        writeNanos = nanos;
    }

    /** Returns whether the end of the stream has been written, or nothing will be written any more. */
    boolean isEnded() {
        return ended;
    }

    // ---- what is written

    /** The head of the answer has been written; {@code last} if the stream ended with it. */
    void headWritten(boolean last) {
        headAt = owner.frames().writes();
        if (last) {
            ends();
        }
    }

    /** Adds bytes, by copying them. */
    void write(byte[] bytes, int offset, int length) {
        if (!ended) {
            output.copy(bytes, offset, length);
        }
    }

    /** Adds bytes that never change. */
    void writeLasting(byte[] bytes, int offset, int length) {
        if (!ended) {
            output.keep(bytes, offset, length);
        }
    }

    /** Adds part of a file and takes over the hold on it. */
    void write(OpenFile file, long from, long count) {
        if (ended) {
            file.close();
        } else {
            output.add(file, from, count);
        }
    }

    /** Nothing more will be written but these trailers, {@code null} for none. */
    void end(FieldBlock newTrailers) {
        endQueued = true;
        trailers = newTrailers;
    }

    /** Lets what was written be sent, as soon as it may. */
    void flush() {
        if (ended) {
            return;
        }
        if (output.queued() > 0) {
            schedule();
        } else if (endQueued) {
            writeEnd();
        }
    }

    private void schedule() {
        if (window > 0) {
            stalledSince = Link.NEVER;
            owner.scheduled(true);
        } else if (stalledSince == Link.NEVER) {
            stall();
        }
    }

    private void stall() {
        stalledSince = owner.frames().link().now();
        owner.stalled();
    }

    // The end of the stream, where nothing waits before it. Where the head was the last that was written it says so.
    private void writeEnd() {
        FrameOutput frames = owner.frames();
        if (trailers != null) {
            frames.trailers(owner.number(), trailers);
        } else if (headAt != frames.writes() || !frames.endLastHead(owner.number())) {
            frames.data(owner.number(), 0, Frame.END_STREAM);
        }
        ends();
    }

    private void ends() {
        ended = true;
        owner.outputEnded();
    }

    /** Returns whether more may be written without piling up. */
    boolean writable() {
        boolean free = !ended && output.queued() < HIGH;
        choked |= !free;
        return free;
    }

    /** Asks that the writer be told when everything has left. */
    void expectDrained() {
        choked = true;
    }

    /** Returns whether there is room for a writer that waits, which hears it now. */
    boolean takeRoom(boolean always) {
        boolean free = always || output.queued() < HIGH;
        choked &= !free;
        return free;
    }

    /** Returns the number of bytes that wait to be sent. */
    long queued() {
        return output.queued();
    }

    // ---- what leaves

    /** Sends one DATA frame of at most {@code most} bytes; returns how many it took from the connection's window. */
    int sendFrame(int most) {
        int count = owner.maySend((int) Math.min(output.queued(), Math.min(most, window)));
        if (count == 0) {
            owner.scheduled(false); // a rate holds it up
            return 0;
        }
        boolean all = count == output.queued();
        boolean last = all && endQueued && trailers == null;
        FrameOutput frames = owner.frames();
        frames.data(owner.number(), count, last ? Frame.END_STREAM : 0);
        output.moveTo(frames.link(), count, frames.readsFiles());
        window -= count;
        if (all) {
            owner.scheduled(false);
            sentAll(last);
        } else if (window <= 0) {
            owner.scheduled(false);
            stall();
        }
        owner.sent(count);
        return count;
    }

    private void sentAll(boolean last) {
        if (last) {
            ends();
        } else if (endQueued) {
            writeEnd();
        } else if (choked) {
            owner.roomAgain();
        }
    }

    /** The peer lets this side send more, or, by new SETTINGS, less; returns whether that can be counted. */
    boolean allow(int more) {
        long sum = (long) window + more;
        if (sum > Integer.MAX_VALUE) {
            return false;
        }
        window = (int) sum;
        if (output.queued() > 0 && !ended) {
            if (window <= 0) {
                owner.scheduled(false);
            }
            schedule();
        }
        return true;
    }

    /** Drops what waits: nothing more is sent. */
    void cut() {
        ended = true;
        output.clear();
    }

    // ---- time

    /** Sets how long the peer may let nothing leave. */
    void writeTimeout(long nanos) {
        writeNanos = nanos;
    }

    /**
     * Returns when the peer will have let nothing leave for too long; {@code since} as {@link StreamEntry#due} has it.
     */
    long due(long since) {
        long own = later(stalledSince);
        return since != Link.NEVER && output.queued() > 0 ? Math.min(own, later(since)) : own;
    }

    /**
     * Returns since when the peer has let nothing leave, {@link Link#NEVER} if something may; {@code since} as
     * {@link StreamEntry#due} has it.
     */
    long heldSince(long since) {
        return output.queued() > 0 ? Math.min(stalledSince, since) : stalledSince;
    }

    private long later(long since) {
        return since == Link.NEVER || since + writeNanos < since ? Link.NEVER : since + writeNanos;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.http.ExchangeLog;
import io.millrace.http.Request;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes a line for every exchange without ever holding up a loop: a disk that stalls or a terminal that was stopped
 * with Ctrl-S costs lines, which are counted, and no request its time.
 *
 * <pre>
 *   loop 1 ─► lane ─┐
 *   loop 2 ─► lane ─┼─► writer thread ─► stream
 *   loop 3 ─► lane ─┘
 * </pre>
 *
 * <p>A loop appends its line to the buffer of a lane, under a lock that is otherwise held only to swap that buffer for
 * an empty one. A line for which the buffer has no room is dropped, and the writer says how many were. Lines of one
 * loop are in order; those of several are within milliseconds of it.
 */
public final class AccessLog implements ExchangeLog, AutoCloseable {
    private static final int LANES = 8;
    private static final int LANE_BYTES = 256 * 1024;

    /** Under load the writer wakes by itself, so often, and no loop has to spend a system call on waking it. */
    private static final long NAP = Duration.ofMillis(20).toNanos();

    /** How long closing waits for a stream that takes nothing. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final OutputStream out;
    private final LogFormat format;
    private final Clock clock;
    private final int laneBytes;
    private final Lane[] lanes = new Lane[LANES];
    private final Thread writer;
    private final AtomicBoolean asleep = new AtomicBoolean();
    private final AtomicLong dropped = new AtomicLong();
    private volatile boolean closing;
    private boolean failed;

    /** Lines on their way. Guarded by its own monitor, the spare buffer by being the writer's alone. */
    private static final class Lane {
        private final LogLine line;
        private Buffer filling = new Buffer();
        private Buffer spare = new Buffer();
        private long lines;
        private long missing;

        Lane(LogLine line) {
            this.line = line;
        }
    }

    /** For tests: another time zone than the system's ({@code null}), another room. */
    AccessLog(OutputStream out, LogFormat format, boolean colour, Clock clock, TimeZone zone, int laneBytes) {
        this.out = out;
        this.format = format;
        this.clock = clock;
        this.laneBytes = laneBytes;
        for (int i = 0; i < LANES; i++) {
            lanes[i] = new Lane(new LogLine(format, colour, zone));
        }
        writer = Thread.ofPlatform().name("millrace-access-log").daemon().unstarted(this::write);
        if (format != LogFormat.NONE) {
            writer.start();
        }
    }

    /**
     * Logs to a stream, which stays the caller's and is used by one thread only.
     *
     * @param colour whether to colour the status for a terminal (not in JSON)
     */
    public static AccessLog to(OutputStream out, LogFormat format, boolean colour, Clock clock) {
        return new AccessLog(out, format, colour, clock, null, LANE_BYTES);
    }

    /** Logs to a stream, without colours and by the machine's clock. */
    public static AccessLog to(OutputStream out, LogFormat format) {
        return to(out, format, false, Clock.SYSTEM);
    }

    /** Number of lines that were dropped so far. Any thread may ask. */
    public long dropped() {
        return dropped.get();
    }

    @Override
    public void completed(Request request, int status, long bytes, long nanos) {
        add(request, request == null ? null : request.peer(), status, bytes, nanos);
    }

    @Override
    public void unreadable(SocketAddress peer, int status, long bytes, long nanos) {
        add(null, peer, status, bytes, nanos);
    }

    private void add(Request request, SocketAddress peer, int status, long bytes, long nanos) {
        if (format == LogFormat.NONE) {
            return;
        }
        Lane lane = lanes[(int) Thread.currentThread().threadId() & LANES - 1];
        synchronized (lane) {
            if (closing) {
                dropped.incrementAndGet();
                return;
            }
            int before = lane.filling.readable();
            lane.line.append(lane.filling, request, peer, status, bytes, nanos, clock.millis());
            int after = lane.filling.readable();
            if (after <= laneBytes) {
                lane.lines++;
            } else {
                lane.filling.unwrite(after - before);
                lane.missing++;
                dropped.incrementAndGet();
            }
        }
        if (asleep.get() && asleep.compareAndSet(true, false)) {
            LockSupport.unpark(writer);
        }
    }

    // ---- the writer's thread

    private void write() {
        boolean last;
        do {
            last = closing;
            if (drain()) {
                LockSupport.parkNanos(this, last ? 1 : NAP);
            } else if (!last) {
                sleep();
            }
        } while (!last);
    }

    /** Parks until a loop has a line. Sleep is announced before the last look, so that no line slips in between. */
    private void sleep() {
        asleep.set(true);
        if (isEmpty() && !closing) {
            LockSupport.park(this);
        }
        asleep.set(false);
    }

    private boolean isEmpty() {
        for (Lane lane : lanes) {
            synchronized (lane) {
                if (lane.lines > 0 || lane.missing > 0) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Writes what waits in all lanes; false if nothing did. */
    private boolean drain() {
        boolean any = false;
        for (Lane lane : lanes) {
            any |= drain(lane);
        }
        if (any) {
            attempt(0, out::flush);
        }
        return any;
    }

    private boolean drain(Lane lane) {
        Buffer full;
        long lines;
        long missing;
        synchronized (lane) {
            full = lane.filling;
            lines = lane.lines;
            missing = lane.missing;
            lane.filling = lane.spare;
            lane.spare = full;
            lane.lines = 0;
            lane.missing = 0;
        }
        if (missing > 0) {
            lane.line.appendDropped(full, missing);
        }
        if (!full.isEmpty()) {
            attempt(lines, () -> out.write(full.array(), full.head(), full.readable()));
            full.clear();
        }
        return lines > 0 || missing > 0;
    }

    /** Something that the stream may refuse. */
    private interface Attempt {
        void run() throws IOException;
    }

    /** A stream that fails costs its lines; the next ones are tried again, a full disk may have been emptied. */
    private void attempt(long lines, Attempt attempt) {
        try {
            attempt.run();
        } catch (Throwable e) {
            // Not even an Error may end the only thread that writes.
            dropped.addAndGet(lines);
            if (!failed) {
                failed = true;
                System.getLogger("io.millrace.web")
                        .log(System.Logger.Level.WARNING, "The access log cannot be written: " + e);
            }
        }
    }

    /** Writes what waits and ends the writer. Gives up after two seconds on a stream that takes nothing. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(writer);
        try {
            if (format != LogFormat.NONE) {
                writer.join(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        for (Lane lane : lanes) {
            forget(lane);
        }
    }

    /** What came while the writer was leaving, or what it had no time for. */
    private void forget(Lane lane) {
        synchronized (lane) {
            dropped.addAndGet(lane.lines);
            lane.lines = 0;
            lane.filling.clear();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.RecordKeys;
import io.millrace.core.Tls;
import io.millrace.link.Flush;
import io.millrace.link.Layer;
import io.millrace.link.LayerContext;
import io.millrace.link.ScratchBuffers;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * TLS between a link and the protocol above it.
 *
 * <pre>
 *   opened ─► handshake ◄─► tasks on another thread ─► established: protocol by ALPN ─► records both ways
 *     close_notify ─► END (inputClosed above)         our end: close_notify, then the link's
 *     the peer's end without close_notify ─► TRUNCATED      a bad record, a refused handshake ─► alert, FAILED
 * </pre>
 */
final class TlsLayer implements Layer {
    /** What leaves first goes in records that fit a packet, so that the peer can use them as they come. */
    private static final int SMALL_RECORD = 1_369;

    private static final int SMALL_BYTES = 64 * 1024;

    private static final int LARGE_RECORD = 16 * 1024;

    private static final int ALERT = 21;
    private static final byte[] CLOSE_NOTIFY = {1, 0};

    /** After so long a silence the network may have become slow again. */
    private static final long SILENCE_NANOS = 1_000_000_000L;

    private final TlsContext owner;
    private final TlsEngine engine;
    private final Function<Tls, Protocol> above;
    private final Consumer<String> refused;

    @SuppressWarnings("NullAway.Init") // opened
    private LayerContext context;

    private boolean isTold;
    private boolean hasEnded;
    private boolean isClosed;

    /** The link below makes the records of our direction. */
    private boolean isReleased;

    /** It may be asked to, and has not refused. */
    private boolean mayRelease;

    private long inSmallRecords;
    private long lastWrite;

    private @Nullable String refusal = "the connection ended during the handshake";

    /** {@code refused} is told why if the connection ends before the handshake has succeeded. */
    TlsLayer(TlsContext owner, TlsEngine engine, Function<Tls, Protocol> above, Consumer<String> refused) {
        this.refused = refused;
        this.owner = owner;
        this.mayRelease = owner.usesKernel();
        this.engine = engine;
        this.above = above;
    }

    @Override
    public void opened(LayerContext place) {
        context = place;
        place.layerDeadline(place.now() + owner.handshakeNanos());
        Buffer nothing = new Buffer();
        // A client begins by itself.
        while (input(nothing, nothing, Flush.NORMAL) == Outcome.OK) {}
    }

    @Override
    public Outcome input(Buffer from, Buffer to, Flush mode) {
        Buffer answer = ScratchBuffers.take();
        TlsEngine.Step step = engine.read(from, answer, to);
        if (isReleased && (!answer.isEmpty() || engine.owesKeyUpdate())) {
            // An alert, or new keys of our own that the peer asks for: no one can seal it any more.
            ScratchBuffers.give(answer);
            failedBy(step == TlsEngine.Step.FAILED ? engine.failure() : Alerts.NEW_KEYS);
            context.fail(CloseCause.FAILED);
            return Outcome.NEED_MORE;
        }
        if (!answer.isEmpty()) {
            context.below().append(answer);
            context.flushBelow();
        }
        ScratchBuffers.give(answer);
        tellEstablished();
        return switch (step) {
            case OK -> Outcome.OK;
            case NEED_INPUT -> needInput(mode);
            case TASK -> {
                context.run(owner.executor(), engine.task());
                yield Outcome.NEED_MORE;
            }
            case CLOSED -> closed();
            case FAILED -> failed();
        };
    }

    private void tellEstablished() {
        if (engine.isEstablished() && !isTold) {
            isTold = true;
            Tls session = engine.session();
            owner.established(session);
            context.layerDeadline(Link.NEVER);
            context.session(session);
            context.established(above.apply(session));
        }
    }

    private Outcome needInput(Flush mode) {
        if (mode == Flush.FINISHED && !hasEnded) {
            if (!isTold) {
                failedBy(Alerts.WENT_AWAY);
            }
            context.fail(CloseCause.TRUNCATED);
        }
        return Outcome.NEED_MORE;
    }

    private Outcome closed() {
        hasEnded = true;
        if (!isTold) {
            failedBy(Alerts.GAVE_UP);
            context.fail(CloseCause.FAILED);
            return Outcome.NEED_MORE;
        }
        return Outcome.END;
    }

    private Outcome failed() {
        failedBy(engine.failure());
        context.fail(CloseCause.FAILED);
        return Outcome.NEED_MORE;
    }

    @Override
    public Outcome output(Buffer from, Buffer to, Flush mode) {
        if (from.isEmpty() && (mode != Flush.FINISHED || isClosed)) {
            return Outcome.NEED_MORE;
        }
        if (isReleased) {
            return pass(from, to, mode);
        }
        if (from.isEmpty()) {
            isClosed = true;
            engine.close(to);
        } else {
            engine.write(from, recordSize(from.readable()), to);
        }
        if (engine.failure() != null) {
            return failed();
        }
        return from.isEmpty() && (mode != Flush.FINISHED || isClosed) ? Outcome.NEED_MORE : Outcome.OK;
    }

    /** The link below makes the records. */
    private Outcome pass(Buffer from, Buffer to, Flush mode) {
        if (from.isEmpty()) {
            isClosed = true;
            context.sendRecordBelow(ALERT, CLOSE_NOTIFY);
            return Outcome.NEED_MORE;
        }
        from.moveTo(to, from.readable());
        return mode == Flush.FINISHED && !isClosed ? Outcome.OK : Outcome.NEED_MORE;
    }

    /**
     * A file is to be sent: hands our direction over to the link below if that can make the records, when nothing
     * sealed waits there.
     */
    @Override
    public boolean passesFiles() {
        if (!isReleased && mayRelease && engine.canReleaseOutput() && context.isIdleBelow()) {
            RecordKeys keys = engine.outputKeys();
            isReleased = keys != null && context.protectBelow(keys);
            mayRelease = isReleased;
            if (keys != null) {
                Arrays.fill(keys.key(), (byte) 0);
                Arrays.fill(keys.iv(), (byte) 0);
            }
            if (isReleased) {
                engine.releaseOutput();
                owner.released();
            }
        }
        return isReleased;
    }

    private int recordSize(int wanted) {
        long now = context.now();
        if (now - lastWrite > SILENCE_NANOS) {
            inSmallRecords = 0;
        }
        lastWrite = now;
        if (inSmallRecords < SMALL_BYTES) {
            inSmallRecords += Math.min(wanted, SMALL_RECORD);
            return SMALL_RECORD;
        }
        return LARGE_RECORD;
    }

    @Override
    public void expired() {
        if (!isTold) {
            failedBy(Alerts.TOO_LONG);
            context.fail(CloseCause.STALLED);
        }
    }

    @Override
    public void close() {
        engine.free();
        if (!isTold) {
            isTold = true;
            refused.accept(refusal);
        }
    }

    private void failedBy(@Nullable String why) {
        refusal = why;
        owner.failed(why);
    }

    /** Sealing moves gigabytes a second. */
    @Override
    public int bytesPerTurn() {
        return 1024 * 1024;
    }

    @Override
    public String toString() {
        return "TLS";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import io.millrace.core.Tls;
import io.millrace.link.ScratchBuffers;
import java.nio.ByteBuffer;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's engine. Renegotiation is refused; records without a payload (key updates, empty ones) are allowed as often
 * as the payload between them pays for, so that a peer cannot keep us busy with nothing.
 */
final class JdkEngine implements TlsEngine {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private final long begunMillis = System.currentTimeMillis();
    private boolean isEstablished;
    private boolean begun;

    /** Our ServerHello has said that an earlier session goes on. */
    private boolean hasPreSharedKey;

    private final RecordCredit credit = new RecordCredit();
    private @Nullable String failure;

    JdkEngine(SSLEngine engine) {
        this.engine = engine;
    }

    @Override
    public Step read(Buffer from, Buffer toPeer, Buffer plain) {
        if (failure != null) {
            return Step.FAILED;
        }
        try {
            if (!begun) {
                begun = true;
                engine.beginHandshake();
            }
            return advance(from, toPeer, plain);
        } catch (SSLException | IllegalStateException e) {
            return fail(e.getMessage(), toPeer);
        }
    }

    private Step advance(Buffer from, Buffer toPeer, Buffer plain) throws SSLException {
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> {
                    return Step.TASK;
                }
                case NEED_WRAP -> {
                    if (engine.isOutboundDone() || note(wrap(NOTHING, toPeer)).getStatus() == Status.CLOSED) {
                        return engine.isInboundDone() ? Step.CLOSED : unwrap(from, toPeer, plain);
                    }
                }
                default -> {
                    return unwrap(from, toPeer, plain);
                }
            }
        }
    }

    private Step unwrap(Buffer from, Buffer toPeer, Buffer plain) throws SSLException {
        if (engine.isInboundDone()) {
            return Step.CLOSED;
        }
        if (from.isEmpty()) {
            return Step.NEED_INPUT;
        }
        plain.reserve(engine.getSession().getApplicationBufferSize());
        boolean before = isEstablished;
        ByteBuffer source = ByteBuffer.wrap(from.array(), from.head(), from.readable());
        ByteBuffer target = ByteBuffer.wrap(plain.array(), plain.tail(), plain.writable());
        SSLEngineResult result = note(engine.unwrap(source, target));
        from.consume(result.bytesConsumed());
        plain.wrote(result.bytesProduced());
        if (result.getStatus() == Status.CLOSED) {
            return Step.CLOSED;
        }
        if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
            return Step.NEED_INPUT;
        }
        if (before && isRenegotiation(result.getHandshakeStatus())) {
            // The engine has no alert for it, and a close_notify would be taken for an end in good order.
            failure = Alerts.RENEGOTIATION;
            return Step.FAILED;
        }
        if (before && !credit.allows(result.bytesProduced())) {
            return fail(Alerts.NO_PAYLOAD, toPeer);
        }
        return Step.OK;
    }

    /** Before TLS 1.3 nothing but a new handshake makes an established engine shake hands. */
    private boolean isRenegotiation(HandshakeStatus status) {
        return status != HandshakeStatus.NOT_HANDSHAKING
                && status != HandshakeStatus.FINISHED
                && !engine.isInboundDone()
                && !engine.getSession().getProtocol().equals("TLSv1.3");
    }

    private SSLEngineResult note(SSLEngineResult result) {
        if (result.getHandshakeStatus() == HandshakeStatus.FINISHED) {
            isEstablished = true;
        }
        return result;
    }

    /** The engine wants room for a full record, however little it is given: most often more than {@code toPeer} has. */
    private SSLEngineResult wrap(ByteBuffer plain, Buffer toPeer) throws SSLException {
        Buffer sealed = ScratchBuffers.take();
        sealed.reserve(engine.getSession().getPacketBufferSize());
        ByteBuffer target = ByteBuffer.wrap(sealed.array(), sealed.tail(), sealed.writable());
        SSLEngineResult result = engine.wrap(plain, target);
        sealed.wrote(result.bytesProduced());
        int at = toPeer.readable();
        toPeer.append(sealed);
        ScratchBuffers.give(sealed);
        if (!isEstablished && ServerHello.isAt(toPeer, at)) {
            hasPreSharedKey = ServerHello.hasPreSharedKey(toPeer, at);
        }
        return result;
    }

    @Override
    public void write(Buffer plain, int most, Buffer toPeer) {
        int count = Math.min(most, plain.readable());
        try {
            SSLEngineResult result = note(wrap(ByteBuffer.wrap(plain.array(), plain.head(), count), toPeer));
            boolean isStuck = result.bytesConsumed() == 0 && result.bytesProduced() == 0;
            plain.consume(isStuck || result.getStatus() == Status.CLOSED ? plain.readable() : result.bytesConsumed());
        } catch (SSLException | IllegalStateException e) {
            plain.consume(plain.readable());
            fail(e.getMessage(), toPeer);
        }
    }

    @Override
    public void close(Buffer toPeer) {
        engine.closeOutbound();
        drain(toPeer);
    }

    private Step fail(@Nullable String why, Buffer toPeer) {
        if (failure == null) {
            failure = why == null ? "the handshake failed" : why;
            engine.closeOutbound();
            drain(toPeer);
        }
        return Step.FAILED;
    }

    /** Takes what the engine still has to say: an alert. */
    private void drain(Buffer toPeer) {
        try {
            for (int i = 0; i < 4 && !engine.isOutboundDone(); i++) {
                SSLEngineResult result = wrap(NOTHING, toPeer);
                if (result.bytesProduced() == 0) {
                    return;
                }
            }
        } catch (SSLException | IllegalStateException e) {
            // It has nothing to say.
        }
    }

    @Override
    public Runnable task() {
        return () -> {
            for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                task.run();
            }
        };
    }

    @Override
    public boolean isEstablished() {
        return isEstablished;
    }

    @Override
    public Tls session() {
        // A server's session of TLS 1.3 is made anew when it is resumed, and tells nothing by its age.
        boolean isOld = engine.getSession().getCreationTime() < begunMillis;
        return JdkSession.of(engine, isOld || hasPreSharedKey);
    }

    @Override
    public @Nullable String failure() {
        return failure;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One open WebSocket, of a server or a client: frames in, calls of the listener out; and the verbs of the application.
 * Answers pings, keeps the close handshake ({@link CloseState}) and the time limits. Small, since very many may be
 * idle.
 */
final class WebSocketProtocol implements Protocol, WebSocket {
    private static final byte[] NOTHING = {};
    private static final int MOST_REASON = FrameHeader.MOST_CONTROL - 2;

    private final WebSocketListener listener;
    private final WebSocketLimits limits;
    private final String subprotocol;
    private final @Nullable DeflateSession deflate;
    private final @Nullable MaskKeys keys;
    private final PeerWatch watch = new PeerWatch();
    private @Nullable MessageReader reader; // lent while a message comes in
    private volatile CloseState state = CloseState.OPEN;
    private boolean receiving;
    private boolean unflushed;
    private boolean paused;
    private boolean choked;

    @SuppressWarnings("NullAway.Init") // opened
    private Link link;

    /**
     * Makes the end of a WebSocket whose opening handshake is done.
     *
     * @param keys where the keys of a client come from; {@code null} for a server, which does not mask
     * @param deflate the compression that was agreed on, or {@code null}
     */
    WebSocketProtocol(
            WebSocketListener listener,
            WebSocketLimits limits,
            String subprotocol,
            @Nullable DeflateSession deflate,
            @Nullable MaskKeys keys) {
        this.listener = listener;
        this.limits = limits;
        this.subprotocol = subprotocol;
        this.deflate = deflate;
        this.keys = keys;
    }

    /** Tells the listener, if the connection has ended before it was handed over. On the loop, or when it is closed. */
    void failUnlessOpened() {
        if (link == null) {
            listener.failed("the client went before it was answered");
        }
    }

    // ---- what the connection tells

    @Override
    public void opened(Link carrier) {
        link = carrier;
        watch.begin(link.now());
        link.flow().writeTimeout(limits.write().toNanos());
        arm();
        tell(() -> listener.opened(this));
    }

    @Override
    public void receive(Buffer in, Link carrier) {
        receiving = true;
        watch.heard(link.now());
        MessageReader lent = reader != null ? reader : MessageReader.lend(keys == null, limits, deflate);
        reader = lent;
        try {
            while (!paused && state != CloseState.CLOSED && read(lent, in)) {
                lent.release();
            }
        } finally {
            lent.release();
            receiving = false;
            reader = lent.giveBack() ? null : lent;
        }
        if (state == CloseState.CLOSED) {
            in.consume(in.readable());
        }
        if (unflushed) {
            unflushed = false;
            link.flush();
        }
    }

    // Whether there was something whole. An exception of the listener is an end like others.
    private boolean read(MessageReader from, Buffer in) {
        int event = from.next(in);
        switch (event) {
            case MessageReader.NEED_MORE -> {
                return false;
            }
            case FrameHeader.TEXT, FrameHeader.BINARY -> message(from, event);
            case FrameHeader.PING, FrameHeader.PONG -> control(from, event);
            case FrameHeader.CLOSE -> peerCloses(from);
            default -> fail(-event, CloseCode.reasonToRefuse(-event));
        }
        return true;
    }

    private void message(MessageReader from, int event) {
        try {
            if (state == CloseState.OPEN && event == FrameHeader.TEXT) {
                listener.text(this, from.array(), from.offset(), from.length());
            } else if (state == CloseState.OPEN) {
                listener.binary(this, from.array(), from.offset(), from.length());
            }
        } catch (RuntimeException | Error e) {
            broken(e);
        }
    }

    private void control(MessageReader from, int event) {
        if (watch.floods(limits)) {
            fail(CloseCode.POLICY_VIOLATION, "too many pings");
        } else if (state == CloseState.OPEN && event == FrameHeader.PING) {
            write(FrameHeader.FIN | FrameHeader.PONG, from.array(), from.offset(), from.length());
        } else if (state == CloseState.OPEN) {
            tell(() -> listener.pong(this, from.array(), from.offset(), from.length()));
        }
    }

    private void peerCloses(MessageReader from) {
        ClosePayload close = ClosePayload.read(from.array(), from.offset(), from.length());
        if (close.error() != 0) {
            fail(close.error(), close.reason());
        } else {
            over(close.code(), close.reason(), close.answer());
        }
    }

    @Override
    public void inputClosed(Link carrier) {
        ended("the peer closed the connection");
        link.close(CloseMode.FLUSHED);
    }

    @Override
    public void drained(Link carrier) {
        if (choked && state == CloseState.OPEN) {
            choked = false;
            tell(() -> listener.writable(this));
        }
    }

    @Override
    public void shuttingDown(Link carrier) {
        close(CloseCode.GOING_AWAY, "");
    }

    @Override
    public void closed(CloseCause why) {
        ended(why.name());
        if (deflate != null) {
            deflate.end(reader != null && reader.isInflating());
        }
    }

    // ---- time

    @Override
    public void expired(Link carrier) {
        if (state == CloseState.CLOSED) {
            return;
        }
        switch (watch.judge(link.now(), state, paused || link.pending() > 0, limits)) {
            case WAIT -> arm();
            case PING -> {
                write(FrameHeader.FIN | FrameHeader.PING, NOTHING, 0, 0);
                arm();
            }
            case NO_PONG -> cutOff("the peer did not answer a ping");
            case NO_CLOSE -> cutOff("the peer did not answer a Close");
        }
    }

    private void cutOff(String why) {
        ended(why);
        link.close(CloseMode.NOW);
    }

    private void arm() {
        long due = watch.due(state, limits);
        if (due != Link.NEVER) {
            link.deadline(due);
        }
    }

    // ---- the end

    private void broken(Throwable e) {
        log(e);
        fail(CloseCode.INTERNAL_ERROR, "");
    }

    private void log(Throwable e) {
        System.getLogger("io.millrace.websocket")
                .log(System.Logger.Level.ERROR, () -> "the listener of a WebSocket of " + link.peer() + " failed", e);
    }

    // What the application does with a call must not disturb the connection; opened and others, outside receive.
    private void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException | Error e) {
            broken(e);
        }
    }

    /** This side cannot go on: says why, and reads no more. */
    private void fail(int code, String reason) {
        over(code, reason, ClosePayload.write(code, reason.getBytes(StandardCharsets.UTF_8)));
    }

    // Answers with a Close, if none was sent, and ends the connection so that the answer arrives.
    private void over(int code, String reason, byte[] answer) {
        if (state == CloseState.CLOSED) {
            return;
        }
        if (state == CloseState.OPEN) {
            write(FrameHeader.FIN | FrameHeader.CLOSE, answer, 0, answer.length);
        }
        tellClosed(code, reason);
        link.deadline(Link.NEVER);
        unflushed = false;
        link.flush();
        link.close(CloseMode.LINGERING);
    }

    private void ended(String why) {
        if (state != CloseState.CLOSED) {
            tellClosed(CloseCode.ABNORMAL, why);
        }
    }

    private void tellClosed(int code, String reason) {
        state = CloseState.CLOSED;
        if (reader != null) {
            reader.drop();
        }
        try {
            listener.closed(this, code, reason);
        } catch (RuntimeException | Error e) {
            log(e);
        }
    }

    // ---- what the application asks

    @Override
    public void send(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        onLoop(() -> sendNow(FrameHeader.TEXT, bytes, 0, bytes.length));
    }

    @Override
    public void sendText(byte[] utf8, int offset, int length) {
        send(FrameHeader.TEXT, utf8, offset, length);
    }

    @Override
    public void sendBinary(byte[] bytes, int offset, int length) {
        send(FrameHeader.BINARY, bytes, offset, length);
    }

    private void send(int opcode, byte[] bytes, int offset, int length) {
        if (link.inLoop()) {
            sendNow(opcode, bytes, offset, length);
        } else {
            byte[] copy = Arrays.copyOfRange(bytes, offset, offset + length);
            later(() -> sendNow(opcode, copy, 0, copy.length));
        }
    }

    private void sendNow(int opcode, byte[] bytes, int offset, int length) {
        if (state != CloseState.OPEN) {
            return;
        }
        if (deflate == null || !deflate.wants(length)) {
            write(FrameHeader.FIN | opcode, bytes, offset, length);
            return;
        }
        MessageDeflater deflater = deflate.lendDeflater();
        try {
            Buffer small = deflate.deflate(deflater, bytes, offset, length);
            if (small.readable() >= length && deflate.isShareable()) {
                write(FrameHeader.FIN | opcode, bytes, offset, length);
            } else {
                write(FrameHeader.FIN | FrameHeader.RSV1 | opcode, small.array(), small.head(), small.readable());
            }
        } finally {
            deflate.giveBack(deflater);
        }
    }

    @Override
    public void send(WebSocketMessage message) {
        onLoop(() -> sendNow(message));
    }

    // A client masks each frame with a key of its own, and takeover makes each connection's bytes its own.
    private void sendNow(WebSocketMessage message) {
        if (keys != null || (deflate != null && !deflate.isShareable())) {
            sendNow(message.opcode(), message.bytes(), 0, message.bytes().length);
        } else if (state == CloseState.OPEN) {
            link.transfer(message.frame(deflate));
            flush();
        }
    }

    @Override
    public void ping(byte[] bytes) {
        if (bytes.length > FrameHeader.MOST_CONTROL) {
            throw new IllegalArgumentException("a ping has at most 125 bytes, not " + bytes.length);
        }
        byte[] copy = bytes.clone();
        onLoop(() -> {
            if (state == CloseState.OPEN) {
                write(FrameHeader.FIN | FrameHeader.PING, copy, 0, copy.length);
            }
        });
    }

    @Override
    public void close(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        if (!CloseCode.isSendable(code) || text.length > MOST_REASON) {
            throw new IllegalArgumentException("a Close cannot say " + code + " " + reason);
        }
        byte[] payload = ClosePayload.write(code, text);
        onLoop(() -> closeNow(payload));
    }

    private void closeNow(byte[] payload) {
        if (state != CloseState.OPEN) {
            return;
        }
        write(FrameHeader.FIN | FrameHeader.CLOSE, payload, 0, payload.length);
        state = CloseState.CLOSING;
        watch.closing(link.now());
        pause(false); // the peer's answer is behind what was not read
        arm();
    }

    @Override
    public void abort() {
        onLoop(() -> link.close(CloseMode.NOW));
    }

    private void onLoop(Runnable task) {
        if (link.inLoop()) {
            task.run();
        } else {
            later(task);
        }
    }

    private void later(Runnable task) {
        try {
            link.execute(task);
        } catch (RejectedExecutionException ignored) {
            // The loop is closed, and the listener has been told.
        }
    }

    private void write(int first, byte[] bytes, int offset, int length) {
        if (keys == null) {
            FrameWriter.frame(link.out(), first, bytes, offset, length);
        } else {
            FrameWriter.masked(link.out(), first, bytes, offset, length, keys.next());
        }
        flush();
    }

    // All that is said within one call of the connection leaves together.
    private void flush() {
        if (receiving) {
            unflushed = true;
        } else {
            link.flush();
        }
    }

    @Override
    public boolean isOpen() {
        return state == CloseState.OPEN;
    }

    @Override
    public boolean writable() {
        boolean free = link.writable();
        choked |= !free;
        return free;
    }

    @Override
    public long pending() {
        return link.pending();
    }

    @Override
    public void pause(boolean on) {
        if (on != paused && (state == CloseState.OPEN || !on)) {
            paused = on;
            link.pause(on);
        }
    }

    @Override
    public String subprotocol() {
        return subprotocol;
    }

    @Override
    public boolean isCompressed() {
        return deflate != null;
    }

    @Override
    public @Nullable SocketAddress peer() {
        return link.peer();
    }

    @Override
    public boolean inLoop() {
        return link.inLoop();
    }

    @Override
    public void execute(Runnable task) {
        link.execute(task);
    }
}

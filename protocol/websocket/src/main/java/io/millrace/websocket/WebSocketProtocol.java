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

/**
 * One open WebSocket, of a server or a client: frames in, calls of the listener out; and the verbs of the application.
 * Answers pings, keeps the close handshake ({@link CloseState}) and the time limits. Small, since there may be very
 * many that are idle.
 */
final class WebSocketProtocol implements Protocol, WebSocket {
    private static final byte[] NOTHING = {};
    private static final int MOST_REASON = FrameHeader.MOST_CONTROL - 2;
    private static final long SECOND = 1_000_000_000L;

    private final WebSocketListener listener;
    private final WebSocketLimits limits;
    private final String subprotocol;
    private final DeflateSession deflate;
    private final MaskKeys keys;
    private final MessageReader reader;

    private Link link;
    private volatile CloseState state = CloseState.OPEN;
    private boolean receiving;
    private boolean unflushed;
    private boolean paused;
    private boolean choked;

    // Time: when the peer was last heard, or the ping or Close was sent that it has to answer.
    private long heard;
    private long awaitedSince;
    private boolean pinged;
    private long countedSince;
    private int controls;

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
            DeflateSession deflate,
            MaskKeys keys) {
        this.listener = listener;
        this.limits = limits;
        this.subprotocol = subprotocol;
        this.deflate = deflate;
        this.keys = keys;
        this.reader = new MessageReader(keys == null, limits, deflate);
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
        heard = link.now();
        countedSince = heard;
        link.flow().writeTimeout(limits.write().toNanos());
        arm();
        tell(() -> listener.opened(this));
    }

    @Override
    public void receive(Buffer in, Link carrier) {
        receiving = true;
        heard = link.now();
        try {
            while (!paused && state != CloseState.CLOSED && read(in)) {
                reader.release();
            }
        } finally {
            reader.release();
            receiving = false;
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
    private boolean read(Buffer in) {
        int event = reader.next(in);
        switch (event) {
            case MessageReader.NEED_MORE -> {
                return false;
            }
            case FrameHeader.TEXT, FrameHeader.BINARY -> message(event);
            case FrameHeader.PING, FrameHeader.PONG -> control(event);
            case FrameHeader.CLOSE -> peerCloses();
            default -> fail(-event, reason(-event));
        }
        return true;
    }

    private static String reason(int code) {
        return switch (code) {
            case CloseCode.TOO_BIG -> "message too big";
            case CloseCode.INVALID_DATA -> "invalid data";
            case CloseCode.POLICY_VIOLATION -> "too many frames";
            default -> "protocol error";
        };
    }

    private void message(int event) {
        if (state != CloseState.OPEN) {
            return;
        }
        try {
            if (event == FrameHeader.TEXT) {
                listener.text(this, reader.array(), reader.offset(), reader.length());
            } else {
                listener.binary(this, reader.array(), reader.offset(), reader.length());
            }
        } catch (RuntimeException | Error e) {
            broken(e);
        }
    }

    private void control(int event) {
        if (floods()) {
            fail(CloseCode.POLICY_VIOLATION, "too many pings");
        } else if (event == FrameHeader.PING) {
            if (state == CloseState.OPEN) {
                write(FrameHeader.FIN | FrameHeader.PONG, reader.array(), reader.offset(), reader.length());
            }
        } else if (state == CloseState.OPEN) {
            tell(() -> listener.pong(this, reader.array(), reader.offset(), reader.length()));
        }
    }

    private boolean floods() {
        if (heard - countedSince >= SECOND) {
            countedSince = heard;
            controls = 0;
        }
        return ++controls > limits.controls();
    }

    // The peer's Close: none of its bytes may be wrong (RFC 6455 sections 5.5.1, 7.4 and 8.1).
    private void peerCloses() {
        byte[] bytes = reader.array();
        int from = reader.offset();
        int length = reader.length();
        if (length == 0) {
            over(CloseCode.NO_STATUS, "", NOTHING);
            return;
        }
        int code = length == 1 ? 0 : ((bytes[from] & 0xff) << 8) | (bytes[from + 1] & 0xff);
        if (!CloseCode.isSendable(code)) {
            fail(CloseCode.PROTOCOL_ERROR, "wrong close code");
            return;
        }
        Utf8Validator utf8 = new Utf8Validator();
        if (!utf8.accept(bytes, from + 2, length - 2) || !utf8.isComplete()) {
            fail(CloseCode.INVALID_DATA, "invalid close reason");
            return;
        }
        String reason = new String(bytes, from + 2, length - 2, StandardCharsets.UTF_8);
        over(code, reason, new byte[] {(byte) (code >>> 8), (byte) code});
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
            deflate.end(reader.isInflating());
        }
    }

    // ---- time

    @Override
    public void expired(Link carrier) {
        long now = link.now();
        if (state == CloseState.CLOSED) {
            return;
        }
        if (state == CloseState.CLOSING) {
            if (now - awaitedSince >= limits.close().toNanos()) {
                ended("the peer did not answer a Close");
                link.close(CloseMode.NOW);
                return;
            }
        } else if (paused || link.pending() > 0) {
            // A peer that is not read from cannot be heard; whether it takes what is sent is for the link to watch.
            heard = now;
            pinged = false;
        } else if (pinged && heard - awaitedSince > 0) {
            pinged = false;
        } else if (pinged && now - awaitedSince >= limits.pong().toNanos()) {
            ended("the peer did not answer a ping");
            link.close(CloseMode.NOW);
            return;
        } else if (!pinged && now - heard >= limits.idle().toNanos()) {
            pinged = true;
            awaitedSince = now;
            write(FrameHeader.FIN | FrameHeader.PING, NOTHING, 0, 0);
        }
        arm();
    }

    // The deadline is left to pass too early rather than moved with every message.
    private void arm() {
        if (state == CloseState.CLOSING) {
            link.deadline(awaitedSince + limits.close().toNanos());
        } else if (pinged) {
            link.deadline(awaitedSince + limits.pong().toNanos());
        } else if (!limits.idle().isZero()) {
            link.deadline(heard + limits.idle().toNanos());
        }
    }

    // ---- the end

    private void broken(Throwable e) {
        System.getLogger("io.millrace.websocket")
                .log(System.Logger.Level.ERROR, () -> "the listener of a WebSocket of " + link.peer() + " failed", e);
        fail(CloseCode.INTERNAL_ERROR, "");
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
        over(code, reason, closePayload(code, reason.getBytes(StandardCharsets.UTF_8)));
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
        reader.drop();
        try {
            listener.closed(this, code, reason);
        } catch (RuntimeException | Error e) {
            System.getLogger("io.millrace.websocket")
                    .log(System.Logger.Level.ERROR, "the listener of a WebSocket failed at its end", e);
        }
    }

    private static byte[] closePayload(int code, byte[] reason) {
        byte[] bytes = new byte[2 + reason.length];
        bytes[0] = (byte) (code >>> 8);
        bytes[1] = (byte) code;
        System.arraycopy(reason, 0, bytes, 2, reason.length);
        return bytes;
    }

    // ---- what the application asks

    @Override
    public void send(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (link.inLoop()) {
            sendNow(FrameHeader.TEXT, bytes, 0, bytes.length);
        } else {
            later(() -> sendNow(FrameHeader.TEXT, bytes, 0, bytes.length));
        }
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
        if (link.inLoop()) {
            sendNow(message);
        } else {
            later(() -> sendNow(message));
        }
    }

    // A client masks each frame with a key of its own, and takeover makes each connection's bytes its own.
    private void sendNow(WebSocketMessage message) {
        if (keys != null || (deflate != null && !deflate.isShareable())) {
            sendNow(message.opcode(), message.bytes(), 0, message.bytes().length);
        } else if (state == CloseState.OPEN) {
            boolean small = deflate != null && deflate.wants(message.bytes().length);
            link.transfer(small ? message.compressed(deflate) : message.plain());
            flush();
        }
    }

    @Override
    public void ping(byte[] bytes) {
        if (bytes.length > FrameHeader.MOST_CONTROL) {
            throw new IllegalArgumentException("a ping has at most 125 bytes, not " + bytes.length);
        }
        if (link.inLoop()) {
            pingNow(bytes);
        } else {
            byte[] copy = bytes.clone();
            later(() -> pingNow(copy));
        }
    }

    private void pingNow(byte[] bytes) {
        if (state == CloseState.OPEN) {
            write(FrameHeader.FIN | FrameHeader.PING, bytes, 0, bytes.length);
        }
    }

    @Override
    public void close(int code, String reason) {
        byte[] text = reason.getBytes(StandardCharsets.UTF_8);
        if (!CloseCode.isSendable(code) || text.length > MOST_REASON) {
            throw new IllegalArgumentException("a Close cannot say " + code + " " + reason);
        }
        byte[] payload = closePayload(code, text);
        if (link.inLoop()) {
            closeNow(payload);
        } else {
            later(() -> closeNow(payload));
        }
    }

    private void closeNow(byte[] payload) {
        if (state != CloseState.OPEN) {
            return;
        }
        write(FrameHeader.FIN | FrameHeader.CLOSE, payload, 0, payload.length);
        state = CloseState.CLOSING;
        awaitedSince = link.now();
        pause(false); // the peer's answer is behind what was not read
        arm();
    }

    @Override
    public void abort() {
        if (link.inLoop()) {
            link.close(CloseMode.NOW);
        } else {
            later(() -> link.close(CloseMode.NOW));
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
    public SocketAddress peer() {
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

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.http.Exchange;
import io.millrace.http.FieldBlock;
import io.millrace.http.HttpContext;
import io.millrace.http.Limits;
import io.millrace.http.RequestPace;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The exchange of one stream (RFC 9113 section 8.1): hands the request to its handler and the body to its reader, and
 * writes the answer as frames. A body that is not wanted yet waits in the stream, which the window bounds; one that
 * will not be wanted is dropped up to a limit.
 */
final class Http2Exchange extends Exchange {
    /** How long a client may go on sending what is not read, once it has its answer. */
    private static final long LINGER_NANOS = 2_000_000_000L;

    private static final int RETURNED = 0;
    private static final int RUNS = 1;
    private static final int LEFT_BEHIND = 2;

    private final Http2Stream stream;
    private final HttpContext context;
    private final Limits limits;
    private final RequestPace pace;

    // Whether the handler runs on another thread, and whether its stream has ended meanwhile.
    private final AtomicInteger handler = new AtomicInteger(RETURNED);

    private String protocol;
    private boolean expectsContinue;
    private long announced;
    private long received;
    private boolean endTold;
    private long dropped;
    private long lingersUntil;

    Http2Exchange(LoopState loop, Http2Stream stream) {
        super(loop.context());
        this.stream = stream;
        this.context = loop.context();
        this.limits = context.limits();
        this.pace = new RequestPace(context);
    }

    // ---- the request

    /** The server begins to stop. */
    void stopping() {
        serverStops();
    }

    /**
     * A request has come in whole, but for its body; {@code status} refuses it if it is not {@link RequestHead#FINE}.
     */
    void head(RequestHead head, int status) {
        Link link = stream.connection().link();
        begin(link);
        if (stream.connection().isStopping()) {
            serverStops();
        }
        pace.begin(link.now());
        protocol = null;
        expectsContinue = false;
        announced = stream.isRemoteClosed() ? 0 : head.contentLength();
        received = 0;
        endTold = stream.isRemoteClosed();
        dropped = 0;
        lingersUntil = Link.NEVER;
        if (head.isReadable()) {
            head.fill(request());
        }
        int failed = status == RequestHead.FINE && announced > limits.body() ? 413 : status;
        if (failed != RequestHead.FINE) {
            pace.bodyBegins(link.now());
            reject(failed);
            return;
        }
        protocol = head.protocol();
        if (protocol == null && !stream.isRemoteClosed()) {
            expectBody(announced);
            expectsContinue = head.expectsContinue();
            pace.bodyBegins(link.now());
        }
        handle();
    }

    /** Some of the body. */
    void data(byte[] bytes, int from, int count) {
        received += count;
        if (announced >= 0 && received > announced) {
            stream.connection().malformed(stream, "more content than content-length");
        } else if (isOver()) {
            pace.received(count, link().now());
            drop(count);
        } else if (pace.received(count, link().now()) > limits.body()) {
            stream.consumed(count);
            reject(413);
        } else if (stream.inbox().isEmpty() && wantsBody()) {
            stream.consumed(count);
            bodyBytes(bytes, from, count);
        } else {
            stream.inbox().append(bytes, from, count);
        }
        stream.connection().armFor(due());
    }

    /** Drops bytes that are not wanted any more; beyond the limit the client has to wait for the end of its answer. */
    void drop(int count) {
        dropped += count;
        if (dropped > limits.unread()) {
            stream.refused(count);
            lingers();
        } else {
            stream.consumed(count);
        }
    }

    /**
     * The answer has left and the request is not complete. Where what is left of it is not worth being read, the client
     * has a moment to see the answer before it is told to stop (RFC 9113 section 8.1): some take RST_STREAM for the end
     * of everything, what came before it included.
     */
    void lingers() {
        boolean reads = !expectsContinue && dropped <= limits.unread() && announced - received <= limits.unread();
        if (!reads && isOver() && lingersUntil == Link.NEVER) {
            linger();
        }
    }

    private void linger() {
        lingersUntil = link().now() + LINGER_NANOS;
        stream.connection().armFor(lingersUntil);
    }

    /** The request is complete. */
    void bodyEnds() {
        if (announced >= 0 && received < announced) {
            stream.connection().malformed(stream, "less content than content-length");
        } else {
            tellEnd();
        }
    }

    private void tellEnd() {
        if (!isOver() && !endTold && stream.inbox().isEmpty()) {
            endTold = true;
            bodyEnd();
        }
    }

    /** Hands on what came in before it was wanted. */
    void deliver() {
        Buffer inbox = stream.inbox();
        while (!inbox.isEmpty() && !isOver() && wantsBody()) {
            int count = inbox.readable();
            stream.consumed(count);
            bodyBytes(inbox.array(), inbox.head(), count);
            inbox.consume(Math.min(count, inbox.readable()));
        }
        stream.trimInbox();
        if (stream.isRemoteClosed()) {
            tellEnd();
        }
        stream.connection().armFor(due());
    }

    /** Where the trailers of the request go. */
    FieldBlock trailers() {
        return requestTrailers();
    }

    @Override
    protected void demandChanged() {
        boolean wants = wantsBody();
        if (pace.wanted(wants, link().now()) && wants) {
            writeContinue();
        }
        if (wants && !stream.inbox().isEmpty()) {
            stream.deliverSoon();
        }
        if (wants) {
            stream.connection().armFor(due());
        }
    }

    private void writeContinue() {
        if (expectsContinue && !isBegun()) {
            stream.writeInterim(100, null);
            stream.connection().written();
        }
        expectsContinue = false;
    }

    // ---- handlers on other threads

    @Override
    protected void runsApart(boolean on) {
        if (on) {
            handler.set(RUNS);
        } else if (handler.getAndSet(RETURNED) == LEFT_BEHIND) {
            stream.connection().streams().handlerReturned(link());
        }
    }

    /** The stream has ended; returns whether its handler still runs, which is told when it returns. */
    boolean leavesHandlerBehind() {
        return handler.compareAndSet(RUNS, LEFT_BEHIND);
    }

    // ---- time and the end of things

    /**
     * Returns when the client will have been too slow, {@link Link#NEVER} while it is not the one who is waited for.
     */
    long due() {
        if (lingersUntil != Link.NEVER) {
            return stream.isRemoteClosed() ? Link.NEVER : lingersUntil;
        }
        return waitsForBody() ? pace.bodyDue() : Link.NEVER;
    }

    private boolean waitsForBody() {
        boolean waits = !stream.isRemoteClosed() && (isOver() || wantsBody());
        return waits && stream.inbox().isEmpty() && !stream.isInputHeld();
    }

    /** Returns since when the client has sent nothing, or too little, of a body that is wanted. */
    long heldSince() {
        boolean waits = lingersUntil == Link.NEVER && waitsForBody();
        return waits ? pace.bodyDue() - context.bodyNanos() : Link.NEVER;
    }

    /** Returns when the answer will have been silent for so long that something has to be sent. */
    long quietDue() {
        return keepAliveDue();
    }

    /** Sends something if the answer has been silent for so long. */
    void endQuiet() {
        keepAlive();
    }

    @Override
    protected void keepAliveChanged() {
        stream.connection().armFor(keepAliveDue());
    }

    /** The client is too slow. */
    void tooSlow() {
        if (isOver()) {
            stream.connection().reset(stream, lingersUntil == Link.NEVER ? ErrorCode.CANCEL : ErrorCode.NO_ERROR);
        } else {
            reject(408);
            linger();
        }
    }

    /** Everything that was written has left the stream. */
    void sent() {
        drained();
    }

    /** The stream has ended. */
    void gone() {
        if (!isOver()) {
            lost();
        }
    }

    boolean isFinished() {
        return isOver();
    }

    /** Returns whether no other object can hold a part of this exchange. */
    boolean isSpare() {
        return isReusable();
    }

    /** Returns whether the answer has not begun to be written. */
    boolean isUnanswered() {
        return !isBegun();
    }

    // ---- the answer

    @Override
    protected void writeHead(int status, FieldBlock fields, long length) {
        // 204 has no length, 304 the one that a 200 would have had if the handler told one.
        boolean without = status == 204 || (status == 304 && length <= 0);
        stream.writeHead(isBodiless(), status, fields, without ? -1 : length);
    }

    @Override
    protected void writeInterim(int status, FieldBlock fields) {
        stream.writeInterim(status, fields);
    }

    @Override
    protected void writeBody(byte[] bytes, int offset, int length) {
        stream.sender().write(bytes, offset, length);
    }

    @Override
    protected void writeLasting(byte[] bytes, int offset, int length) {
        stream.sender().writeLasting(bytes, offset, length);
    }

    @Override
    protected void writeBody(OpenFile file, long from, long count) {
        stream.sender().write(file, from, count);
    }

    @Override
    protected void writeEnd(FieldBlock trailers) {
        stream.sender().end(trailers);
    }

    @Override
    protected void flush() {
        stream.flush();
    }

    @Override
    protected boolean writable() {
        return stream.sender().writable();
    }

    @Override
    protected long pending() {
        return stream.sender().queued();
    }

    @Override
    protected void abort() {
        stream.connection().reset(stream, ErrorCode.INTERNAL_ERROR);
    }

    @Override
    protected void answered() {
        if (!stream.isRemoteClosed()) {
            pace.wanted(true, link().now()); // to be dropped
            stream.connection().armFor(due());
        }
        stream.answered();
    }

    @Override
    protected void checkTunnel(String name) {
        if (!name.equalsIgnoreCase(protocol)) {
            throw new IllegalStateException("the client does not ask for the protocol " + name);
        }
    }

    @Override
    protected int tunnel(String name, FieldBlock fields, Protocol next) {
        stream.writeInterim(200, fields);
        stream.switchTo(next);
        return 200;
    }
}

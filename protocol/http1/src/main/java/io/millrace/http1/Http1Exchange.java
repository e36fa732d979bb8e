// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.FieldBlock;
import io.millrace.http.FieldList;
import io.millrace.http.Limits;
import io.millrace.http.RequestPace;
import org.jspecify.annotations.Nullable;

/**
 * One exchange on an HTTP/1.1 connection: reads the head, has it answered, reads the body for its reader and drops it
 * when there is none. {@link Http1Answer} writes.
 */
final class Http1Exchange extends Http1Answer {
    /** {@link #advance} needs more input. */
    static final int INPUT = 0;

    /** {@link #advance} waits for the handler: to answer, or to read on. */
    static final int HANDLER = 1;

    /** {@link #advance} is done: the answer is out, or the connection is not to go on. */
    static final int DONE = 2;

    private final Http1Factory room;
    private final Limits limits;
    private final RequestPace pace;
    private final RequestParser parser;
    private final BodyReader body;

    @SuppressWarnings("NullAway.Init") // begin
    private Http1Protocol protocol;

    // The request.
    private boolean inHead;
    private boolean lineSkipped;
    private boolean expectsContinue;
    private boolean mayUpgrade;
    private long dropped;

    // The answer.
    private boolean clientCloses;
    private @Nullable Protocol successor;

    Http1Exchange(Http1Factory room) {
        super(room.context(), room.writer());
        this.room = room;
        this.limits = room.context().limits();
        this.pace = new RequestPace(room.context());
        this.body = new BodyReader(limits.head(), limits.fields());
        this.parser = new RequestParser(limits.target(), limits.head(), limits.fields());
    }

    /** A request is beginning to come in. */
    void begin(Http1Protocol owner, Link link) {
        protocol = owner;
        begin(link);
        parser.begin(request().fields());
        pace.begin(link.now());
        inHead = true;
        lineSkipped = false;
        expectsContinue = false;
        body.begin(MessageFraming.CHUNKED);
        dropped = 0;
        beginWriting();
        clientCloses = false;
        successor = null;
        if (owner.isStopping()) {
            serverStops();
        }
    }

    /** The server begins to stop. */
    void stopping() {
        serverStops();
    }

    // ---- input

    /** Goes as far as the input goes: {@link #INPUT}, {@link #HANDLER} or {@link #DONE}. */
    int advance(Buffer in) {
        return inHead ? head(in) : body(in);
    }

    private int head(Buffer in) {
        if (in.peek(0) == '\r' && !lineSkipped) {
            return emptyLine(in);
        }
        int result = parser.parse(in.array(), in.head(), in.tail());
        if (result == RequestParser.NEED_MORE) {
            return INPUT;
        }
        inHead = false;
        if (result < 0) {
            return refuse(-result);
        }
        return read(in, result);
    }

    // One empty line before a request is let pass: old clients sent one after a body (RFC 9112 section 2.2).
    private int emptyLine(Buffer in) {
        if (in.readable() == 1) {
            return INPUT;
        }
        if (in.peek(1) != '\n') {
            inHead = false;
            return refuse(400);
        }
        in.consume(2);
        lineSkipped = true;
        return in.isEmpty() ? INPUT : head(in);
    }

    // The head is whole: the bytes stay in the array after they are consumed, until this receive ends.
    private int read(Buffer in, int length) {
        byte[] array = in.array();
        int from = in.head();
        in.consume(length);
        version = parser.version();
        request().head(array, from, length, version);
        request().method(0, parser.methodEnd());
        request().scheme(link().tls() != null ? "https" : "http");
        request().target(parser.targetStart(), parser.targetEnd(), parser.targetStart(), parser.targetEnd());
        MessageFraming rules = room.rules();
        int failed = rules.check(parser, array, from, request());
        if (failed == 0 && rules.bodyLength() > limits.body()) {
            failed = 413;
        }
        if (failed != 0) {
            return refuse(failed);
        }
        take(rules);
        handle();
        return body(in);
    }

    private void take(MessageFraming rules) {
        body.begin(rules.bodyLength());
        clientCloses = !rules.lasts();
        lasts = !clientCloses && !protocol.isLast();
        mayUpgrade = rules.mayUpgrade();
        if (body.isDone()) {
            return;
        }
        expectBody(rules.bodyLength());
        expectsContinue = rules.expectsContinue();
        pace.bodyBegins(link().now());
    }

    private int refuse(int status) {
        lasts = false;
        reject(status);
        return DONE;
    }

    // Reads the body as long as it is wanted, or after the answer, to drop it.
    private int body(Buffer in) {
        while (!body.isDone()) {
            if (isOver() && !lasts) {
                return DONE;
            }
            if (!isOver() && !wantsBody()) {
                return HANDLER;
            }
            int result = in.isEmpty() ? BodyReader.NEED_MORE : body.step(in, requestTrailers());
            if (result == BodyReader.NEED_MORE) {
                return INPUT;
            }
            int failed = result < 0 ? -result : data(in.array(), body.dataStart(), body.dataLength());
            if (failed != 0) {
                return refuseBody(failed);
            }
            if (body.isDone() && !isOver()) {
                bodyEnd();
            }
        }
        return isOver() ? DONE : HANDLER;
    }

    private int refuseBody(int status) {
        lasts = false;
        if (!isOver()) {
            reject(status);
        }
        return DONE;
    }

    // 0, or the status of an error.
    private int data(byte[] array, int start, int count) {
        if (count == 0) {
            return 0;
        }
        if (pace.received(count, link().now()) > limits.body()) {
            return 413;
        }
        if (!isOver()) {
            bodyBytes(array, start, count);
            return 0;
        }
        dropped += count;
        return dropped > limits.unread() ? 413 : 0;
    }

    @Override
    protected void demandChanged() {
        boolean wants = wantsBody();
        if (pace.wanted(wants, link().now()) && wants) {
            writeContinue();
        }
        protocol.demandChanged(this, link());
    }

    private void writeContinue() {
        if (expectsContinue && !isBegun()) {
            writer.writeContinue(link().out());
            flush();
        }
        expectsContinue = false;
    }

    // ---- time

    /** When this exchange is too slow, {@link Link#NEVER} while the client is not the one who is waited for. */
    long due() {
        if (inHead) {
            return pace.headDue();
        }
        return body.isDone() || (!isOver() && !wantsBody()) ? Link.NEVER : pace.bodyDue();
    }

    /** When this exchange has been silent for too long, if its client has sent its last byte. */
    long silentDue() {
        return pace.silentDue();
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
        protocol.timeChanged(link());
    }

    /** There was a sign of life from this exchange. */
    void alive(long now) {
        pace.alive(now);
    }

    /** The client is too slow. */
    void tooSlow() {
        inHead = false;
        refuseBody(408);
    }

    /** The client has sent its last byte, and this request is not complete. */
    void cutShort() {
        refuseBody(400);
    }

    /** The client is taken to have gone. */
    void left() {
        abandon();
    }

    /** Everything that was written has left. */
    void sent() {
        drained();
    }

    /** The connection has ended. */
    void gone() {
        if (!inHead) {
            lost();
        }
    }

    // ---- where the connection goes from here

    boolean isFinished() {
        return isOver();
    }

    boolean isInHead() {
        return inHead;
    }

    boolean isBodyDone() {
        return body.isDone();
    }

    boolean lasts() {
        return lasts;
    }

    boolean needsBody() {
        return !body.isDone() && (isOver() || wantsBody());
    }

    /** How the connection ends after this exchange: a client that may still be sending is read for a while. */
    CloseMode closing() {
        return clientCloses && body.isDone() && isBegun() ? CloseMode.FLUSHED : CloseMode.LINGERING;
    }

    /** The protocol that takes over after this exchange, or {@code null}. */
    @Nullable
    Protocol successor() {
        return successor;
    }

    boolean isSpare() {
        return inHead || isReusable();
    }

    // ---- output

    @Override
    boolean canLast() {
        return !protocol.isStopping() && !room.context().isDraining() && canDropRest();
    }

    // It is not known of a client that waits for 100 and got an answer instead whether it will send the body.
    private boolean canDropRest() {
        return body.isDone() || (!expectsContinue && body.left() <= limits.unread());
    }

    @Override
    protected void flush() {
        protocol.flush(link());
    }

    @Override
    protected void abort() {
        lasts = false;
        protocol.abort(link(), isBegun());
    }

    @Override
    protected void answered() {
        if (!body.isDone() && !inHead) {
            pace.wanted(true, link().now()); // to be dropped
        }
        protocol.answered(this, link());
    }

    @Override
    protected void checkTunnel(String name) {
        if (version != 11 || !mayUpgrade || !body.isDone() || !offers(name)) {
            throw new IllegalStateException("the client does not ask for an upgrade to " + name);
        }
    }

    private boolean offers(String name) {
        return FieldList.contains(request().fields().joined("Upgrade"), name);
    }

    @Override
    protected int tunnel(String name, FieldBlock fields, Protocol next) {
        successor = next;
        Buffer out = link().out();
        writer.begin(out, 101, fields, link().now());
        writer.upgrade(out, fields, name);
        return 101;
    }
}

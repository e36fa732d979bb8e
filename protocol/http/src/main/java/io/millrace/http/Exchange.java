// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Clock;
import io.millrace.core.Link;
import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One request and its answer, without regard to how either is written: runs the handler in its place, carries what the
 * handler says to the loop, watches how far the answer has come ({@link ResponseState}), maps exceptions to statuses,
 * and tells the log. A wire format extends it with the verbs that write.
 *
 * <pre>
 *   handler's thread                    loop
 *   Response, ResponseStream  ──────►   Exchange  ──────►  wire format  ─► Link
 *   RequestBody               ◄──────   ExchangeBody  ◄──  wire format  ◄─ Link
 *                         (straight when the handler is on the loop, else by Link.execute)
 * </pre>
 *
 * <p>Everything here is called by the loop, where not said otherwise. An exchange that was answered by a handler on the
 * loop, whole, can be used for the next request; any other is left to the garbage collector, because another thread, or
 * a reader or writer that the handler keeps, may still hold a part of it.
 */
public abstract class Exchange {
    private static final int SLICE = 64 * 1024;
    private static final int FILE_SLICE = 1024 * 1024;

    private final HttpContext context;
    private final ExchangeLog log;
    private final Clock clock;
    private final Dispatcher dispatcher;
    private final ExchangeRequest request;
    private final ExchangeBody body;
    private final ExchangeResponse response;
    private final Handles[] handles = new Handles[Handles.ROTATION];
    private final BooleanSupplier inLoop = this::isInLoop;

    private Link link;
    private long started;
    private ResponseState state = ResponseState.OPEN;
    private int status;
    private long bytesSent;
    private boolean bodiless;
    private boolean running;
    private boolean shared;
    private int turn;

    // These cross threads: a handler on a thread of its own opens the stream, and asks whether all is over already.
    private volatile boolean completed;
    private volatile ExchangeStream stream;

    private List<Runnable> afterwards;

    // What is left of a body that goes out in slices: part of an array or of a file.
    private byte[] restBytes;
    private OpenFile restFile;
    private long restFrom;
    private long restLength;

    /** An exchange that can be used many times, one after the other. */
    @SuppressWarnings("this-escape") // the parts only keep the reference
    protected Exchange(HttpContext context) {
        this.context = context;
        this.log = context.log();
        this.clock = context.clock();
        this.dispatcher = context.dispatcher();
        this.body = new ExchangeBody(this);
        this.request = new ExchangeRequest(body, body.trailers(), context.clientAddress());
        this.response = new ExchangeResponse(this);
    }

    // ---- what a wire format writes

    /** Writes the head of the answer; {@code length} is that of the body, -1 if it is not known. */
    protected abstract void writeHead(int status, FieldBlock fields, long length);

    /** Writes an interim answer where the format and the client know such. */
    protected abstract void writeInterim(int status, FieldBlock fields);

    /** Writes bytes of the body and keeps no reference to the array. */
    protected abstract void writeBody(byte[] bytes, int offset, int length);

    /** Writes bytes that never change, all of the body or part of one of a known length; may keep the array. */
    protected abstract void writeLasting(byte[] bytes, int offset, int length);

    /** Writes part of a file as part of the body and takes over the hold on it. */
    protected abstract void writeBody(OpenFile file, long from, long count);

    /** Ends the body. The trailers are {@code null} or go where the format has a place for them. */
    protected abstract void writeEnd(FieldBlock trailers);

    /** Asks that what was written be sent. */
    protected abstract void flush();

    /** Whether more of the body may be written without piling up. On the loop. */
    protected abstract boolean writable();

    /** Ends the exchange without, or in the middle of, an answer. */
    protected abstract void abort();

    /** The answer has been handed over and this exchange is over: the next may begin. */
    protected abstract void answered();

    /** The reader of the body has come, or has stopped, or goes on; {@link #wantsBody} says which. */
    protected abstract void demandChanged();

    /**
     * Refuses what {@link #tunnel} could not do. Any thread may call that holds the exchange.
     *
     * @throws IllegalStateException if the client has not asked for that protocol, or cannot be given it
     */
    protected abstract void checkTunnel(String name);

    /**
     * Says that what carries this exchange speaks {@code name} from now on, and hands it over once the exchange is
     * answered: 101 and the connection in HTTP/1.1 (RFC 9110 section 7.8), 200 and the stream in HTTP/2 (RFC 8441).
     *
     * @return the status that was written
     */
    protected abstract int tunnel(String name, FieldBlock fields, Protocol next);

    // ---- what a wire format says

    /** A request has begun to come in: everything of the one before is forgotten. */
    protected final void begin(Link carrier) {
        link = carrier;
        started = log == ExchangeLog.NONE ? 0 : clock.nanos();
        state = ResponseState.OPEN;
        status = 0;
        bytesSent = 0;
        bodiless = false;
        shared = false;
        completed = false;
        stream = null;
        afterwards = null;
        request.begin(carrier);
        response.begin();
        body.begin(0);
        nextHandles();
    }

    private void nextHandles() {
        turn = turn + 1 & Handles.ROTATION - 1;
        if (handles[turn] == null || handles[turn].isSpent()) {
            handles[turn] = new Handles(request, response, inLoop);
        }
    }

    private boolean isInLoop() {
        return link.inLoop();
    }

    /** The request's body is {@code length} bytes long, -1 if that is not known beforehand. */
    protected final void expectBody(long length) {
        body.begin(length);
    }

    /** The head is there: answers it as the dispatcher says. */
    protected final void handle() {
        Handles given = handles[turn];
        given.open();
        Route route = dispatcher.resolve(given.request());
        request.dispatch(route.dispatch());
        if (!route.dispatch().isInline()) {
            startApart(route, given);
            return;
        }
        running = true;
        try {
            run(route.handler(), given);
        } finally {
            running = false;
        }
        if (response.mayBeKept()) {
            given.retire();
        }
        if (state.isFinal()) {
            complete();
        } else if (!shared) {
            leaveToLoop(given);
        }
    }

    // The answer is given, and leaves in slices or as a stream that the loop writes. But the bytes of the head are gone
    // when this call ends.
    private void leaveToLoop(Handles given) {
        given.leaveToLoop();
        if (restLength > 0) {
            request.keepHead();
        } else {
            request.detach();
        }
    }

    private void startApart(Route route, Handles given) {
        share();
        try {
            route.dispatch().execute(() -> runApart(route.handler(), given));
        } catch (RejectedExecutionException e) {
            given.close();
            answerError(503, Status.reason(503));
        } catch (RuntimeException | Error e) {
            // No thread can be had, or the executor is broken.
            given.close();
            log(e);
            answerError(500, Status.reason(500));
        }
    }

    private void runApart(Handler handler, Handles given) {
        try {
            run(handler, given);
        } finally {
            if (!response.isDeferred()) {
                given.close();
            }
        }
    }

    // On the loop or in the place of the route. Whatever a handler throws is an answer, errors of the machine included.
    private void run(Handler handler, Handles given) {
        try {
            handler.handle(given.request(), given.response());
            response.returned();
        } catch (Throwable e) {
            failed(e);
        }
    }

    // Where even the error cannot be answered the client is not to wait for ever.
    private void failed(Throwable e) {
        try {
            response.failed(e);
        } catch (Throwable worse) {
            response.abort();
            throw worse;
        }
    }

    /** Whether the reader of the request's body takes more now. */
    protected final boolean wantsBody() {
        return body.wanted();
    }

    /** Bytes of the request's body, for a reader that {@link #wantsBody wants} them. */
    protected final void bodyBytes(byte[] bytes, int offset, int length) {
        body.offer(bytes, offset, length);
    }

    /** The request's body is complete. */
    protected final void bodyEnd() {
        body.arrived();
    }

    /** Where trailer fields of the request go. */
    protected final FieldBlock requestTrailers() {
        return body.trailers();
    }

    /** Everything that was written has left. */
    protected final void drained() {
        if (restLength > 0) {
            pump();
        } else if (!completed) {
            streamDrained();
        }
    }

    /**
     * The request turned out bad, or too slow: answers with an error if nothing was said yet, else ends the connection.
     */
    protected final void reject(int errorStatus) {
        body.fail(new ClientAbortException(errorStatus + " " + Status.reason(errorStatus)));
        answerError(errorStatus, Status.reason(errorStatus));
    }

    /**
     * A reader of the body has failed, on the loop. The response may be in the hands of another thread: the answer is
     * made from fields of its own.
     */
    void readerFailed(Throwable e) {
        if (!(e instanceof HttpException)) {
            log(e);
        }
        HttpException error = e instanceof HttpException http ? http : new HttpException(500);
        answerError(error.status(), error.getMessage());
    }

    // The error if nothing was said yet, else the end of the connection.
    private void answerError(int errorStatus, String text) {
        if (state == ResponseState.OPEN) {
            FieldBlock fields = new FieldBlock();
            context.addErrorFields(fields);
            if (errorStatus == 503) {
                fields.append("Retry-After", "1");
            }
            answer(errorStatus, fields, ErrorText.fill(errorStatus, text, fields));
        } else {
            breakOff();
        }
    }

    /** The client is taken to have gone, though its connection stands: ends both. */
    protected final void abandon() {
        breakOff();
    }

    /** The connection has ended. */
    protected final void lost() {
        if (!state.isFinal()) {
            step(ResponseState.Event.BREAK);
            complete();
        }
    }

    /** Whether all is said: no more is to come from this exchange. */
    protected final boolean isOver() {
        return completed;
    }

    /** Whether nobody else can hold a part of this exchange, so that it can serve the next request. */
    protected final boolean isReusable() {
        return completed && state == ResponseState.DONE && !shared && stream == null && !body.isClaimed();
    }

    /** What carries this exchange. */
    protected final Link link() {
        return link;
    }

    /** The request; the wire format fills it in. */
    protected final ExchangeRequest request() {
        return request;
    }

    /** Whether the head of the answer has been written. */
    protected final boolean isBegun() {
        return status != 0;
    }

    /** Whether the handler wants the connection to end after this answer. */
    protected final boolean isLastAnswer() {
        return response.isLast();
    }

    /** Whether the answer has no content, whatever its fields say. */
    protected final boolean isBodiless() {
        return bodiless;
    }

    // ---- what response and body ask, on the handler's thread

    ExchangeBody body() {
        return body;
    }

    ExchangeResponse response() {
        return response;
    }

    Dispatch dispatch() {
        return request.dispatch();
    }

    /** From now on another thread may hold the request and the response. */
    void share() {
        if (!shared) {
            shared = true;
            request.detach();
            handles[turn].share();
        }
    }

    /** Whether the caller is on the loop; not asked of the link as long as no other thread can be the caller. */
    boolean direct() {
        return !shared || link.inLoop();
    }

    /** Runs a task on the loop, at once if the caller is there; {@code false} as {@link #execute}. */
    boolean onLoop(Runnable task) {
        if (direct()) {
            task.run();
            return true;
        }
        return execute(task);
    }

    /**
     * Runs a task on the loop, soon. Returns {@code false}, and the task does not run, if the loop has been closed:
     * this connection has ended then, and all that was its own has been told so.
     */
    boolean execute(Runnable task) {
        try {
            link.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /**
     * Logs what the application threw: as an error, unless it is only what the client did to it.
     *
     * <p>The logger is asked for here, for most never need one: loading a logging system is a good part of a
     * short-lived worker's start.
     */
    void log(Throwable e) {
        boolean byClient = ClientAbortException.isCauseOf(e);
        System.getLogger("io.millrace.http")
                .log(
                        byClient ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR,
                        () -> "the answer to " + request + (byClient ? " was ended by the client" : " failed"),
                        e);
    }

    // ---- the answer, on the loop

    /** Answers with these bytes, which stay as they are. */
    void answer(int withStatus, FieldBlock fields, byte[] bytes, int offset, int length) {
        if (!begun(withStatus, fields, length)) {
            return;
        }
        if (bodiless || length <= SLICE) {
            if (!bodiless && length > 0) {
                bytesSent = length;
                writeLasting(bytes, offset, length);
            }
            finish(null);
        } else {
            rest(bytes, null, offset, length);
        }
    }

    void answer(int withStatus, FieldBlock fields, byte[] bytes) {
        answer(withStatus, fields, bytes, 0, bytes.length);
    }

    /** Answers with part of a file and takes over the hold on it. */
    void answer(int withStatus, FieldBlock fields, OpenFile file, long from, long count) {
        if (!begun(withStatus, fields, count)) {
            file.close();
        } else if (bodiless || count == 0) {
            file.close();
            finish(null);
        } else {
            rest(null, file, from, count);
        }
    }

    /** Answers with a head whose body is not there. */
    void answerHead(int withStatus, FieldBlock fields, long length) {
        if (begun(withStatus, fields, length)) {
            finish(null);
        }
    }

    void interim(int interimStatus, FieldBlock fields) {
        if (state == ResponseState.OPEN) {
            writeInterim(interimStatus, fields);
            flush();
        }
    }

    // Slices keep a large body from piling up in memory, and the log from counting what never left.
    private void rest(byte[] bytes, OpenFile file, long from, long length) {
        restBytes = bytes;
        restFile = file;
        restFrom = from;
        restLength = length;
        pump();
    }

    private void pump() {
        do {
            long count = Math.min(restLength, restFile != null ? FILE_SLICE : SLICE);
            restLength -= count;
            bytesSent += count;
            if (restFile == null) {
                writeLasting(restBytes, (int) restFrom, (int) count);
            } else {
                writeBody(restLength == 0 ? restFile : restFile.hold(), restFrom, count);
            }
            restFrom += count;
        } while (restLength > 0 && writable());
        flush();
        if (restLength == 0) {
            restBytes = null;
            restFile = null;
            finish(null);
        }
    }

    private void dropRest() {
        if (restFile != null) {
            restFile.close();
        }
        restBytes = null;
        restFile = null;
        restLength = 0;
    }

    void upgrade(FieldBlock fields, String name, Supplier<Protocol> next) {
        if (state != ResponseState.OPEN) {
            return;
        }
        Protocol successor = made(next);
        if (successor == null) {
            answerError(500, Status.reason(500));
            return;
        }
        step(ResponseState.Event.BEGIN);
        status = tunnel(name, fields, successor);
        ended();
    }

    // Made before anything is promised: a maker that fails is a handler that fails.
    private Protocol made(Supplier<Protocol> next) {
        try {
            return Objects.requireNonNull(next.get(), "the protocol to upgrade to");
        } catch (RuntimeException | Error e) {
            log(e);
            return null;
        }
    }

    // Writes the head, unless there is nobody left to answer.
    private boolean begun(int withStatus, FieldBlock fields, long length) {
        if (state != ResponseState.OPEN) {
            return false;
        }
        step(ResponseState.Event.BEGIN);
        status = withStatus;
        bodiless = request.isHead() || Status.isEmpty(withStatus) || withStatus == 205;
        // 205 has no content and must say so (RFC 9110 section 15.3.6).
        writeHead(withStatus, fields, withStatus == 205 ? 0 : length);
        return true;
    }

    private void finish(FieldBlock trailers) {
        writeEnd(trailers);
        ended();
    }

    private void ended() {
        step(ResponseState.Event.END);
        flush();
        if (!running) {
            complete();
        }
    }

    /** Ends the connection at once. An answer that is complete stays as it is. */
    void breakOff() {
        if (!state.isFinal()) {
            step(ResponseState.Event.BREAK);
            abort();
            if (!running) {
                complete();
            }
        }
    }

    private void step(ResponseState.Event event) {
        ResponseState next = state.after(event);
        assert next != null : event + " when " + state;
        state = next;
    }

    private void complete() {
        if (completed) {
            return;
        }
        completed = true;
        Handles given = handles[turn];
        given.completing(true);
        dropRest();
        body.over(state == ResponseState.BROKEN);
        if (stream != null) {
            stream.over();
        }
        if (log != ExchangeLog.NONE) {
            tellLog();
        }
        if (afterwards != null) {
            afterwards.forEach(this::quietly);
        }
        given.completing(false);
        if (!shared) {
            given.close();
        }
        if (state == ResponseState.DONE) {
            answered();
        }
    }

    private void tellLog() {
        try {
            Request known = request.isKnown() ? handles[turn].request() : null;
            long nanos = clock.nanos() - started;
            if (state == ResponseState.BROKEN && status != 0) {
                log.brokenOff(known, status, bytesSent, nanos);
            } else if (known == null) {
                log.unreadable(link.peer(), status, bytesSent, nanos);
            } else {
                log.completed(known, status, bytesSent, nanos);
            }
        } catch (RuntimeException | Error e) {
            log(e);
        }
    }

    /** Runs what belongs to the application and must not disturb the connection. */
    void quietly(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            log(e);
        }
    }

    void onAborted(Runnable task) {
        onComplete(() -> {
            if (state == ResponseState.BROKEN) {
                task.run();
            }
        });
    }

    void onComplete(Runnable task) {
        if (completed) {
            quietly(task);
            return;
        }
        if (afterwards == null) {
            afterwards = new ArrayList<>();
        }
        afterwards.add(task);
    }

    long bytesSent() {
        return bytesSent;
    }

    // ---- a streamed answer, on the loop

    ExchangeStream open(long length) {
        ExchangeStream opened = new ExchangeStream(this, handles[turn], length);
        stream = opened;
        // Either complete() has seen the stream, or this sees that it has been: the client may have left long ago.
        if (completed) {
            opened.over(true);
        }
        return opened;
    }

    private void streamDrained() {
        ExchangeStream open = stream;
        if (open != null) {
            open.drained();
        }
    }

    /** Writes the head of a streamed answer if that has not been done. Whether there is somebody left to write to. */
    boolean streamHead() {
        if (state == ResponseState.OPEN) {
            begun(response.status(), response.fields(), stream.announced());
        }
        return state == ResponseState.BODY;
    }

    void streamBytes(byte[] bytes, int offset, int length) {
        if (streamHead() && !bodiless) {
            bytesSent += length;
            writeBody(bytes, offset, length);
            flush();
        }
    }

    void streamFile(OpenFile file, long from, long count) {
        if (streamHead() && !bodiless && count > 0) {
            bytesSent += count;
            writeBody(file, from, count);
            flush();
        } else {
            file.close();
        }
    }

    void streamFlush() {
        if (streamHead()) {
            flush();
        }
    }

    void streamEnd(FieldBlock trailers) {
        if (streamHead()) {
            stream.deliver();
            finish(trailers);
        }
    }
}

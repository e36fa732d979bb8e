// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Clock;
import io.millrace.core.Link;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

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
public abstract class Exchange extends ExchangeThreads {
    private static final VarHandle STREAM;

    static {
        try {
            STREAM = MethodHandles.lookup().findVarHandle(Exchange.class, "stream", ExchangeStream.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ExchangeLog log;
    private final Clock clock;
    private final Dispatcher dispatcher;
    private final ExchangeRequest request;
    private final ExchangeBody body;
    private final ExchangeResponse response;
    private final Handles.Rotation handles;

    private long started;
    private boolean running;

    // Since when the handler has had all that the client has sent so far.
    private long awaitedSince;

    // A handler on a thread of its own opens it.
    private @Nullable ExchangeStream stream;

    /** An exchange that can be used many times, one after the other. */
    @SuppressWarnings("this-escape") // the parts only keep the reference
    protected Exchange(HttpContext context) {
        super(context);
        this.log = context.log();
        this.clock = context.clock();
        this.dispatcher = context.dispatcher();
        this.body = new ExchangeBody(this);
        this.request = new ExchangeRequest(body, body.trailers(), context.clientAddress());
        this.response = new ExchangeResponse(this);
        this.handles = new Handles.Rotation(request, response, this::isInLoop);
    }

    // ---- what a wire format says

    /** A request has begun to come in: everything of the one before is forgotten. */
    protected final void begin(Link carrier) {
        beginOn(carrier);
        started = log == ExchangeLog.NONE ? 0 : clock.nanos();
        beginAnswer();
        stream = null;
        awaitedSince = Link.NEVER;
        request.begin(carrier);
        response.begin();
        body.begin(0);
        handles.next();
    }

    /** The request's body is {@code length} bytes long, -1 if that is not known beforehand. */
    protected final void expectBody(long length) {
        body.begin(length);
    }

    /** The head is there: answers it as the dispatcher says. */
    protected final void handle() {
        Handles given = handles.current();
        given.open();
        Route route = dispatcher.resolve(given.request());
        request.dispatch(route.dispatch());
        awaitedSince = link().now();
        if (!route.dispatch().isInline()) {
            startApart(route, given);
            keepAliveChanged();
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
        if (isFinal()) {
            complete();
        } else if (!isShared()) {
            leaveToLoop(given);
        } else {
            keepAliveChanged();
        }
    }

    // The answer is given, and leaves in slices or as a stream that the loop writes. But the bytes of the head are gone
    // when this call ends.
    private void leaveToLoop(Handles given) {
        given.leaveToLoop();
        if (hasRest()) {
            request.keepHead();
        } else {
            request.detach();
        }
    }

    /**
     * The handler begins to run elsewhere than on the loop, or has returned there. It may go on for long after the
     * exchange has ended: a wire format that limits how many requests there are at once counts it until then.
     *
     * @param on {@code true} on the loop, before it begins; {@code false} on any thread
     */
    protected void runsApart(boolean on) {}

    private void startApart(Route route, Handles given) {
        share();
        runsApart(true);
        try {
            route.dispatch().execute(() -> runApart(route.handler(), given));
        } catch (RejectedExecutionException e) {
            given.close();
            runsApart(false);
            answerError(503, Status.reason(503));
        } catch (RuntimeException | Error e) {
            // No thread can be had, or the executor is broken.
            given.close();
            runsApart(false);
            log(e);
            answerError(500, Status.reason(500));
        }
    }

    private void runApart(Handler handler, Handles given) {
        runner(Thread.currentThread());
        try {
            run(handler, given);
        } finally {
            runner(null);
            runsApart(false);
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
        awaitedSince = link().now();
        body.offer(bytes, offset, length);
    }

    /** The request's body is complete. */
    protected final void bodyEnd() {
        awaitedSince = link().now();
        body.arrived();
        keepAliveChanged();
    }

    /** Where trailer fields of the request go. */
    protected final FieldBlock requestTrailers() {
        return body.trailers();
    }

    /** Everything that was written has left. */
    protected final void drained() {
        if (hasRest()) {
            pump();
        } else if (!isOver()) {
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
     * A reader of the body has failed, on the loop. Where it is the reader that answers, this is a failure as any
     * other. Elsewhere the response may be in the hands of another thread: the answer is made from fields of its own.
     */
    void readerFailed(Throwable e) {
        if (dispatch().isInline() || !runs()) {
            response.failed(e);
            return;
        }
        response.noteFailure(e);
        HttpException error = e instanceof HttpException http ? http : new HttpException(500);
        answerError(error.status(), Status.text(error));
    }

    /** The client is taken to have gone, though its connection stands: ends both. */
    protected final void abandon() {
        breakOff();
    }

    /** The connection has ended. */
    protected final void lost() {
        if (markLost()) {
            if (isStopping()) {
                cutOff("the server was stopped");
            }
            complete();
            if (isStopping()) {
                interruptRunner();
            }
        }
    }

    /** Returns the request as its handler has it. */
    Request givenRequest() {
        return handles.current().request();
    }

    /** Returns the response as its handler has it. */
    Response givenResponse() {
        return handles.current().response();
    }

    /** Returns whether no other object can hold a part of this exchange, so that it can serve the next request. */
    protected final boolean isReusable() {
        return isOver() && isDone() && !isShared() && stream() == null && !body.isClaimed();
    }

    /** The request; the wire format fills it in. */
    protected final ExchangeRequest request() {
        return request;
    }

    /** Whether the handler wants the connection to end after this answer. */
    protected final boolean isLastAnswer() {
        return response.isLast();
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
        if (markShared()) {
            request.detach();
            handles.current().share();
        }
    }

    @Override
    void log(Throwable e) {
        HttpContext.logFailure(response::place, e);
    }

    // ---- the answer, on the loop

    @Override
    boolean isHeadRequest() {
        return request.isHead();
    }

    @Override
    void answerEnded() {
        if (!running) {
            complete();
        }
    }

    private void complete() {
        if (isOver()) {
            return;
        }
        markOver();
        Handles given = handles.current();
        given.completing(true);
        dropRest();
        body.over(isBroken());
        ExchangeStream open = stream();
        if (open != null) {
            open.over();
        }
        if (log != ExchangeLog.NONE) {
            tellLog();
        }
        response.completed();
        given.completing(false);
        if (!isShared()) {
            given.close();
        }
        if (isDone()) {
            answered();
        }
    }

    private void tellLog() {
        try {
            Request known = request.isKnown() ? handles.current().request() : null;
            long nanos = clock.nanos() - started;
            if (isBroken() && isBegun()) {
                log.brokenOff(known, sentStatus(), bytesSent(), nanos);
            } else if (known == null) {
                log.unreadable(link().peer(), sentStatus(), bytesSent(), nanos);
            } else {
                log.completed(known, sentStatus(), bytesSent(), nanos);
            }
        } catch (RuntimeException | Error e) {
            log(e);
        }
    }

    // ---- a streamed answer, on the loop

    private @Nullable ExchangeStream stream() {
        return (ExchangeStream) STREAM.getAcquire(this);
    }

    ExchangeStream open(long length) {
        ExchangeStream opened = new ExchangeStream(this, handles.current(), length);
        STREAM.setRelease(this, opened);
        fence();
        // Either complete() has seen the stream, or this sees that it has been: the client may have left long ago.
        if (isOver()) {
            opened.over(true);
        }
        return opened;
    }

    /**
     * Returns when a streamed body will have been silent for as long as it may be, or a handler without an answer;
     * {@link Link#NEVER} if it may.
     */
    protected final long keepAliveDue() {
        if (isOver()) {
            return Link.NEVER;
        }
        ExchangeStream open = stream();
        if (open != null) {
            return open.keepAliveDue();
        }
        // While a body is wanted it is the client that is waited for, and the body's own limits hold.
        boolean none = !isOpen() || awaitedSince == Link.NEVER || wantsBody();
        return none ? Link.NEVER : awaitedSince + context().answerNanos();
    }

    /** The time of {@link #keepAliveDue} may have come. */
    protected final void keepAlive() {
        if (keepAliveDue() > link().now()) {
            return;
        }
        ExchangeStream open = stream();
        if (open != null) {
            open.keepAlive(link().now());
        } else {
            answerTooLate();
        }
    }

    // The response may be in the hands of another thread: the answer is made from fields of its own.
    private void answerTooLate() {
        cutOff("503 was answered after " + context().limits().answerTime());
        System.getLogger("io.millrace.http")
                .log(System.Logger.Level.ERROR, () -> "no answer to " + response.place() + ": " + cutOff());
        answerError(503, Status.reason(503));
        interruptRunner();
    }

    private void streamDrained() {
        ExchangeStream open = stream();
        if (open != null) {
            open.drained();
        }
    }

    @Override
    boolean streamHead() {
        ExchangeStream open = stream();
        if (isOpen() && open != null) {
            begun(response.status(), response.fields(), open.announced());
        }
        return isInBody();
    }

    void streamEnd(@Nullable FieldBlock trailers) {
        ExchangeStream open = stream();
        if (streamHead() && open != null) {
            open.deliver();
            finish(trailers);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.OpenFile;
import io.millrace.core.Protocol;
import io.millrace.http.ErrorHandlers.ErrorHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The response as its handler sees it: gathers status and fields, then hands the whole to the loop, once. */
final class ExchangeResponse extends AnswerHead {
    private static final byte[] NOTHING = {};
    private static final String TYPE = "Content-Type";
    private final Exchange exchange;
    private boolean settled;
    private boolean handedOver;
    private boolean deferred;
    private boolean mayBeKept;
    private boolean closeAfter;
    private boolean failed;
    private @Nullable ExchangeStream stream;

    // To run when the exchange is over. On the loop.
    private @Nullable List<Runnable> afterwards;

    ExchangeResponse(Exchange exchange) {
        this.exchange = exchange;
    }

    void begin() {
        beginHead();
        settled = false;
        handedOver = false;
        deferred = false;
        mayBeKept = false;
        closeAfter = false;
        stream = null;
        failed = false;
        afterwards = null;
    }

    @Override
    void checkOpen() {
        if (settled) {
            throw new IllegalStateException(
                    "the response to " + place() + " is committed: it has been sent, or a stream"
                            + " was opened, and it can be neither changed nor sent again");
        }
        String tooLate = exchange.cutOff();
        if (tooLate != null) {
            throw new IllegalStateException("the answer to " + place() + " comes too late: " + tooLate);
        }
    }

    /** Names request and route, for messages. */
    String place() {
        String pattern = exchange.request().pattern();
        return exchange.request() + (pattern.isEmpty() ? "" : " (route " + pattern + ")");
    }

    private void settle() {
        checkOpen();
        settled = true;
    }

    @Override
    public void json(Object value, Response through) {
        BodyMapper mapper = exchange.context().bodyMapper();
        byte[] bytes;
        try {
            bytes = mapper.write(value);
        } catch (Exception e) {
            throw new IllegalArgumentException("no JSON for " + place() + " can be made of this object", e);
        }
        if (through.header(TYPE) == null) {
            through.type(mapper.mediaType());
        }
        through.send(bytes);
    }

    @Override
    public void send(Path file) throws IOException {
        send(file, exchange.givenRequest(), exchange.givenResponse());
    }

    @Override
    public void send(Path file, Request request, Response through) throws IOException {
        checkOpen();
        exchange.context().files().send(request, through, file);
    }

    @Override
    public void send() {
        send(NOTHING, 0, 0);
    }

    @Override
    public void send(byte[] body) {
        if (body == null) {
            throw new NullPointerException("the body of the response to " + place());
        }
        send(body, 0, body.length);
    }

    @Override
    public void send(byte[] body, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, body.length);
        settle();
        if (exchange.direct()) {
            exchange.answer(status(), fields(), body, offset, length);
        } else {
            handOver(() -> exchange.answer(status(), fields(), body, offset, length));
        }
        handedOver = true;
    }

    @Override
    public void send(String text) {
        checkOpen();
        if (text == null) {
            throw new NullPointerException("the text of the response to " + place());
        }
        if (!fields().has(TYPE)) {
            fields().append(TYPE, "text/plain; charset=utf-8");
        }
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void send(OpenFile file, long from, long count) {
        try {
            checkSpan(file, from, count);
            settle();
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
        if (exchange.direct()) {
            exchange.answer(status(), fields(), file, from, count);
        } else if (!exchange.execute(() -> exchange.answer(status(), fields(), file, from, count))) {
            file.close();
        }
        handedOver = true;
    }

    // A loop that is closed has ended its connections, and an answer that is dropped would not be noticed.
    private void handOver(Runnable task) {
        if (!exchange.execute(task)) {
            throw new IllegalStateException("the answer to " + place() + " comes too late: the server was stopped");
        }
    }

    static void checkSpan(OpenFile file, long from, long count) {
        if (from < 0 || count < 0 || from > file.size() - count) {
            throw new IllegalArgumentException(count + " bytes from " + from + " of a file of " + file.size());
        }
    }

    @Override
    public ResponseStream stream() {
        return open(-1);
    }

    @Override
    public ResponseStream stream(long length) {
        if (length < 0) {
            throw new IllegalArgumentException("not a length: " + length);
        }
        return open(length);
    }

    // Opened where the handler is, and made known to the loop at once: the client may leave before anything is written.
    private ResponseStream open(long length) {
        settle();
        ExchangeStream opened = exchange.open(length);
        stream = opened;
        return opened;
    }

    @Override
    public Response defer() {
        deferred = true;
        exchange.share();
        return this;
    }

    @Override
    public boolean committed() {
        return settled;
    }

    @Override
    public void abort() {
        settled = true;
        exchange.onLoop(exchange::breakOff);
    }

    @Override
    public void execute(Runnable task) {
        mayBeKept |= !deferred;
        exchange.link().execute(task);
    }

    @Override
    public void upgrade(String name, Supplier<Protocol> next) {
        checkOpen();
        exchange.checkTunnel(name);
        settle();
        exchange.onLoop(() -> exchange.upgrade(fields(), name, next));
        handedOver = true;
    }

    @Override
    public Response interim(int interimStatus) {
        if (interimStatus < 102 || interimStatus > 199) {
            throw new IllegalArgumentException("not an interim status: " + interimStatus);
        }
        checkOpen();
        if (exchange.direct()) {
            exchange.interim(interimStatus, fields());
        } else {
            // The handler goes on setting fields.
            FieldBlock copy = new FieldBlock();
            for (int i = 0; i < fields().size(); i++) {
                copy.append(fields(), i);
            }
            exchange.execute(() -> exchange.interim(interimStatus, copy));
        }
        return this;
    }

    @Override
    public void sendHead(long length) {
        if (length < -1) {
            throw new IllegalArgumentException("not a length: " + length);
        }
        if (!exchange.request().isHead() && !Status.isEmpty(status())) {
            throw new IllegalStateException("an answer with status " + status() + " has a body");
        }
        settle();
        exchange.onLoop(() -> exchange.answerHead(status(), fields(), length));
        handedOver = true;
    }

    @Override
    public Response closeAfter() {
        checkOpen();
        closeAfter = true;
        return this;
    }

    /** Whether the handler wants the connection to end after this answer. */
    boolean isLast() {
        return closeAfter;
    }

    @Override
    public void onAborted(Runnable task) {
        Runnable ifBroken = () -> {
            if (exchange.isBroken()) {
                task.run();
            }
        };
        if (!exchange.onLoop(() -> addAfterwards(ifBroken))) {
            addAfterwards(ifBroken); // the loop is closed, and whatever has happened has happened
        }
    }

    @Override
    public void onStopping(Runnable task) {
        exchange.onLoop(() -> exchange.onStopping(task));
    }

    @Override
    public void fail(Throwable e) {
        if (!deferred) {
            failed(e);
        } else if (!exchange.onLoop(() -> failed(e))) {
            exchange.log(e);
        }
    }

    @Override
    public void onComplete(Consumer<Outcome> task) {
        onComplete(() -> task.accept(outcome()));
    }

    @Override
    public void onComplete(Runnable task) {
        if (!exchange.onLoop(() -> addAfterwards(task))) {
            exchange.quietly(task);
        }
    }

    private void addAfterwards(Runnable task) {
        if (exchange.isOver()) {
            exchange.quietly(task);
            return;
        }
        if (afterwards == null) {
            afterwards = new ArrayList<>();
        }
        afterwards.add(task);
    }

    /** The exchange is over: runs what waited for it. */
    void completed() {
        if (afterwards != null) {
            afterwards.forEach(exchange::quietly);
        }
    }

    @Override
    public long bytesSent() {
        return exchange.bytesSent();
    }

    /** Whether the answer comes later, from whatever thread. */
    boolean isDeferred() {
        return deferred;
    }

    /**
     * Whether the handler has done what one does that means to use the response later: it left without an answer, or
     * asked to be called.
     */
    boolean mayBeKept() {
        return mayBeKept;
    }

    /** The handler has returned. A stream that is not deferred has had its time, wherever the handler ran. */
    void returned() throws IOException {
        if (deferred) {
            return;
        }
        if (!settled) {
            forgotten();
        } else if (stream != null) {
            stream.end();
        }
    }

    // A handler whose client has gone meanwhile has nothing to answer.
    private void forgotten() {
        mayBeKept = true;
        if (!exchange.isOver()) {
            failed(new IllegalStateException("the handler of " + place() + " returned without an answer: a handler"
                    + " sends one, opens a stream, or calls defer() and answers later"));
        }
    }

    private Outcome outcome() {
        Result answered = failed ? Result.FAILED : Result.COMPLETE;
        Result result = exchange.isBroken() ? Result.ABORTED : answered;
        return new Outcome(result, exchange.sentStatus(), exchange.bytesSent(), exchange.elapsed());
    }

    /** Logs what was thrown, unless it is an answer by itself. */
    void noteFailure(Throwable e) {
        if (!(e instanceof HttpException)) {
            failed = true;
            exchange.log(e);
        }
    }

    /** The handler has thrown something. */
    void failed(Throwable thrown) {
        // Streams can say a status as the cause of what they throw alone.
        Throwable e = thrown instanceof IOException && thrown.getCause() instanceof HttpException http ? http : thrown;
        ErrorHandlers errors = exchange.context().errors();
        @Nullable
        ErrorHandler<Throwable> own = errors == null || settled || exchange.cutOff() != null ? null : errors.of(e);
        if (own == null) {
            noteFailure(e);
        }
        if (exchange.cutOff() != null) {
            return;
        }
        if (!settled) {
            mayBeKept = true;
            HttpException answer = e instanceof HttpException http ? http : new HttpException(500);
            if (errors == null || !handled(own == null ? errors.of(answer.status()) : asHandler(own, e), answer)) {
                sendError(answer);
            }
        } else if (!handedOver && !exchange.isOver()) {
            abort(); // of no effect on a stream that was closed: its end is on its way before this
        }
    }

    private static Handler asHandler(ErrorHandler<Throwable> handler, Throwable e) {
        return (request, response) -> handler.handle(e, request, response);
    }

    // Whether an error handler of the application has answered, or will.
    private boolean handled(@Nullable Handler handler, HttpException e) {
        if (handler == null) {
            return false;
        }
        clearContent(e.status());
        boolean before = deferred;
        deferred = false;
        try {
            handler.handle(exchange.givenRequest(), exchange.givenResponse());
            if (stream != null && !deferred) {
                stream.end();
            }
        } catch (Throwable worse) {
            noteFailure(worse);
            if (settled && !handedOver) {
                abort();
            }
        }
        boolean later = deferred;
        deferred |= before;
        return settled || later;
    }

    private void sendError(HttpException e) {
        clearContent(e.status());
        settled = handedOver = true;
        exchange.onLoop(
                () -> exchange.answer(status(), fields(), Status.errorText(status(), Status.text(e), fields())));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.Headers;
import io.millrace.http1.ResponseParser;
import io.millrace.http1.ResponseParser.Framing;

/**
 * One connection to a server: writes a request, reads its answer, and is then idle or over (RFC 9112). One call at a
 * time, never pipelined.
 *
 * <pre>
 *             request, body            first byte            last byte
 *   idle ─► sending ──────► awaiting ───────────► answering ───────────► idle
 *     │        │ expired: head, total               │ expired: silence     │ not reusable
 *     └────────┴────────────── leaving ◄────────────┴──────────────────────┘
 * </pre>
 */
final class ClientConnection implements Protocol, BodyOwner, Call.Stage {
    /** Where connections come from and go to. */
    interface Owner {
        /** It may carry another call. */
        void idle(ClientConnection connection);

        /** It carries no call any more; its end is on its way. */
        void leaving(ClientConnection connection);

        /** It has ended, or is another protocol's. */
        void gone(ClientConnection connection);
    }

    private final Owner owner;
    private final OriginPool pool;
    private final ResponseParser parser;
    private final long usualIdle;

    private Link link;
    private Call call;
    private final RequestSender request = new RequestSender(this);
    private boolean awaitsContinue;
    private boolean paused;
    private boolean inputOver;
    private boolean leaving;
    private boolean last;
    private boolean gone;
    private boolean reading;
    private long silence;
    private long idleNanos;
    private int uses;

    /** Bytes of a piece of body that the caller has not asked for yet, and what follows them. */
    private int held;

    private int behindHeld;

    ClientConnection(Owner owner, OriginPool pool, ClientOptions options) {
        this.owner = owner;
        this.pool = pool;
        this.parser = new ResponseParser(options.maxHead(), options.maxFields(), true);
        this.usualIdle = Timeouts.nanos(options.pool().idle());
    }

    OriginPool pool() {
        return pool;
    }

    /** Makes this the connection of a call: now if it stands, else as soon as it does. */
    void carry(Call next) {
        call = next;
        request.begin(next.plan().content());
        next.stage(this);
        if (link != null) {
            send();
        }
    }

    // ---- the request

    @Override
    public void opened(Link opened) {
        link = opened;
        if (leaving) {
            link.close(CloseMode.NOW);
        } else if (call == null) {
            becomeIdle();
        } else {
            send();
        }
    }

    /** A carrier that can register no more connections opens none, and says nothing. */
    void checkOpened() {
        if (link == null && !gone) {
            Call failed = call;
            call = null;
            leave();
            gone();
            if (failed != null) {
                failed.failed(new HttpFailure.ConnectFailed("the connection could not be taken over", null));
            }
        }
    }

    private void send() {
        RequestPlan plan = call.plan();
        uses++;
        parser.begin(plan.method());
        held = 0;
        idleNanos = usualIdle;
        if (silence != plan.times().silence()) {
            silence = plan.times().silence();
            link.flow().writeTimeout(silence);
        }
        plan.writeHead(link.out());
        call.sent();
        link.flush();
        awaitsContinue = plan.awaitsContinue();
        if (!awaitsContinue) {
            request.send(link);
        }
        arm();
    }

    @Override
    public void drained(Link from) {
        request.drained();
    }

    @Override
    public void bodyEnded() {
        arm();
    }

    @Override
    public void bodyFailed(Throwable why) {
        abort(new HttpFailure.RequestBodyFailed(true, why));
    }

    // ---- the answer

    @Override
    public void receive(Buffer in, Link from) {
        if (call == null) {
            // What was not asked for is no answer: it must never be taken for the next one's.
            in.consume(in.readable());
            leave();
            return;
        }
        reading = true;
        read(in);
        reading = false;
        if (call == null) {
            in.consume(leaving ? in.readable() : 0);
        } else {
            afterInput();
        }
    }

    private void afterInput() {
        boolean stop = call.demand() == 0 && held > 0;
        if (stop != paused) {
            paused = stop;
            link.pause(stop);
        }
        if (!stop && inputOver) {
            endOfInput();
        } else {
            arm();
        }
    }

    // Ends when more is needed, when the caller wants no more for now, and when the call is over.
    private void read(Buffer in) {
        Call reader = call;
        int event = ResponseParser.DATA;
        while (event > 0 && call == reader && deliver(in)) {
            int start = in.head();
            event = parser.step(in.array(), start, in.tail());
            switch (event) {
                case ResponseParser.NEED_MORE -> in.consume(parser.consumed());
                case ResponseParser.INTERIM -> interim(in, start);
                case ResponseParser.HEAD -> head(in, start);
                case ResponseParser.DATA -> {
                    in.consume(parser.dataStart() - start);
                    held = parser.dataLength();
                    behindHeld = parser.consumed() - (parser.dataStart() - start) - held;
                }
                case ResponseParser.END -> {
                    Headers trailers = Answers.trailers(parser);
                    in.consume(parser.consumed());
                    complete(trailers, in.isEmpty());
                    return;
                }
                default -> abort(new HttpFailure.BadResponse(ResponseParser.describe(event)));
            }
        }
    }

    /** Hands over what is held, as far as it is wanted. Returns whether the parser may go on. */
    private boolean deliver(Buffer in) {
        while (held > 0 && call != null && call.demand() > 0) {
            int count = (int) Math.min(held, call.demand());
            held -= count;
            int at = in.head();
            Call to = call;
            to.data(in.array(), at, count);
            in.consume(count);
            if (held == 0) {
                in.consume(behindHeld);
            }
        }
        return held == 0 && call != null;
    }

    private void interim(Buffer in, int start) {
        ResponseHead head = new ResponseHead(parser, in.array(), start);
        in.consume(parser.consumed());
        Call asking = call;
        if (head.status() == 100) {
            goOn();
        }
        if (call == asking) {
            asking.informational(head);
        }
    }

    /** The server wants the body, or has kept silent about it for long enough. */
    private void goOn() {
        if (awaitsContinue) {
            awaitsContinue = false;
            request.send(link);
        }
    }

    private void head(Buffer in, int start) {
        ResponseHead head = new ResponseHead(parser, in.array(), start);
        in.consume(parser.consumed());
        // The answer is final: the body that it was asked about is not sent, and ends the connection's use.
        awaitsContinue = false;
        idleNanos = Math.min(idleNanos, KeepAlive.nanos(head.headers(), idleNanos));
        if (parser.framing() == Framing.TUNNEL) {
            tunnel(head);
        } else if (parser.coded()) {
            abort(new HttpFailure.BadResponse("the server applies a transfer coding that was not asked for"));
        } else {
            call.head(head, Answers.length(parser));
        }
    }

    private void tunnel(ResponseHead head) {
        boolean asked = call.plan().upgrade() != null || call.plan().method().equals("CONNECT");
        if (!asked || (head.status() == 101 && call.plan().upgrade() == null)) {
            abort(new HttpFailure.BadResponse("the server switches to a protocol that was not asked for"));
            return;
        }
        Call asking = call;
        call = null;
        Protocol next = asking.upgraded(head);
        if (next == null) {
            leave();
        } else {
            link.switchProtocol(next);
            gone();
        }
    }

    private void complete(Headers trailers, boolean clean) {
        Call done = call;
        call = null;
        boolean reusable =
                clean && request.isDone() && !inputOver && !last && !done.plan().close() && parser.lasts();
        request.stop();
        if (reusable) {
            becomeIdle();
        } else {
            leave();
        }
        done.complete(trailers);
    }

    private void becomeIdle() {
        if (paused) {
            paused = false;
            link.pause(false);
        }
        owner.idle(this);
        if (call == null && !leaving) {
            link.deadline(Timeouts.after(link.now(), idleNanos == 0 ? usualIdle : idleNanos));
        }
    }

    // ---- the caller

    @Override
    public void resume() {
        if (link != null && paused) {
            paused = false;
            link.pause(false);
        } else if (link != null && !reading && call != null) {
            arm();
        }
    }

    @Override
    public void abandon() {
        Call of = call;
        call = null;
        if (of != null) {
            request.stop();
        }
        leave();
    }

    // ---- the end

    @Override
    public void inputClosed(Link from) {
        inputOver = true;
        if (call == null) {
            leave();
        } else if (held == 0) {
            endOfInput();
        }
    }

    private void endOfInput() {
        int end = parser.end();
        if (end == ResponseParser.END) {
            complete(Answers.NO_TRAILERS, false);
        } else {
            abort(lost());
        }
    }

    private HttpFailure lost() {
        return Answers.lost(parser, uses > 1, call.wasSent());
    }

    /** The call fails, and the connection with it. */
    private void abort(HttpFailure why) {
        Call failed = call;
        call = null;
        request.stop();
        leave();
        failed.failed(why);
    }

    /** Ends the connection, which carries no call any more. */
    void leave() {
        if (!leaving) {
            leaving = true;
            owner.leaving(this);
            if (link != null) {
                link.close(CloseMode.NOW);
            }
        }
    }

    /** Ends the call that the connection carries, and the connection. */
    void end(HttpFailure why) {
        if (call == null) {
            leave();
        } else {
            call.end(why);
        }
    }

    @Override
    public void shuttingDown(Link from) {
        last = true;
        if (call == null) {
            leave();
        }
    }

    @Override
    public void closed(CloseCause why) {
        Call failed = call;
        HttpFailure failure = failed == null ? null : failure(why);
        call = null;
        leaving = true;
        if (failed != null) {
            request.stop();
        }
        gone();
        if (failed != null) {
            failed.failed(failure);
        }
    }

    private HttpFailure failure(CloseCause why) {
        return switch (why) {
            case STALLED -> new HttpFailure.TimedOut(HttpFailure.Limit.SILENCE, call.wasSent());
            case SHUTDOWN -> new HttpFailure.ClientClosed(call.wasSent());
            default -> lost();
        };
    }

    private void gone() {
        gone = true;
        owner.gone(this);
    }

    // ---- time

    /** Whether the client waits for the end of something, and for which. */
    private void arm() {
        if (call == null || leaving) {
            return;
        }
        long now = link.now();
        TimeoutNanos times = call.plan().times();
        if (awaitsContinue) {
            link.deadline(call.until(now, times.continueWait()));
        } else if (parser.begun()) {
            link.deadline(paused ? call.totalAt() : call.until(now, times.silence()));
        } else {
            link.deadline(request.isDone() ? call.until(now, times.head()) : call.totalAt());
        }
    }

    @Override
    public void expired(Link from) {
        if (call == null) {
            leave();
        } else if (link.now() >= call.totalAt()) {
            abort(new HttpFailure.TimedOut(HttpFailure.Limit.TOTAL, call.wasSent()));
        } else if (awaitsContinue) {
            goOn();
            arm();
        } else if (parser.begun()) {
            abort(new HttpFailure.TimedOut(HttpFailure.Limit.SILENCE, true));
        } else if (link.pending() > 0) {
            // The server still takes the request; that it goes on taking it is the write time-out's matter.
            arm();
        } else {
            abort(new HttpFailure.TimedOut(HttpFailure.Limit.HEAD, true));
        }
    }

    @Override
    public String toString() {
        return "ClientConnection[" + pool.origin() + ", " + uses + " calls]";
    }
}

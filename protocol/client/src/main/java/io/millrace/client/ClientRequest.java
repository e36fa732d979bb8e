// SPDX-License-Identifier: Apache-2.0
package io.millrace.client;

import io.millrace.http.FieldBlock;
import io.millrace.http.FieldSyntax;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * A request that is put together and then sent, once or several times. For one thread at a time.
 *
 * <p>{@link #send} and {@link #collect} never wait. {@link #receive} and {@link #stream} do, on any thread but a
 * loop's; a virtual thread is what they are meant for.
 */
public final class ClientRequest {
    private final HttpClient client;
    private final String method;
    private final Origin origin;
    private final String target;
    private FieldBlock fields = new FieldBlock();
    private RequestContent content = RequestContent.NONE;
    private TimeoutNanos times;
    private boolean expect;
    private boolean close;
    private String upgrade;
    private int redirects;

    ClientRequest(HttpClient client, String method, Origin origin, String target) {
        if (!FieldSyntax.isToken(method)) {
            throw new IllegalArgumentException("not a method: " + method);
        }
        if (!RequestPlan.isTarget(target)) {
            throw new IllegalArgumentException("cannot be sent as a target: " + target);
        }
        this.client = client;
        this.method = method;
        this.origin = Objects.requireNonNull(origin, "origin");
        this.target = target;
        this.times = client.times();
    }

    // ---- what is sent

    /**
     * Adds a field line. {@code Host} replaces the one that the client would write.
     *
     * @throws IllegalArgumentException for a name that is no token, a value that cannot be sent, or a field that frames
     *     the message or is about the connection, which the client writes itself
     */
    public ClientRequest header(String name, String value) {
        RequestPlan.checkField(name, value);
        if (name.equalsIgnoreCase("Host") && fields.has("Host")) {
            throw new IllegalArgumentException("a request has one Host field");
        }
        fields.append(name, value);
        return this;
    }

    /** Sets the body. Its length, or that it is chunked, is said by the client. */
    public ClientRequest body(RequestContent body) {
        content = Objects.requireNonNull(body, "body");
        return this;
    }

    /** Sets other time limits than those of the client. */
    public ClientRequest timeouts(Timeouts other) {
        times = TimeoutNanos.of(other);
        return this;
    }

    /** Asks the server with {@code Expect: 100-continue} before the body is sent. */
    public ClientRequest expectContinue() {
        expect = true;
        return this;
    }

    /**
     * Asks the server to switch to another protocol; if it does, {@link ResponseListener#upgraded} is called.
     *
     * @throws IllegalArgumentException if the name cannot be sent
     */
    public ClientRequest upgrade(String protocol) {
        if (!FieldSyntax.isValue(protocol) || protocol.isEmpty()) {
            throw new IllegalArgumentException("not a protocol: " + protocol);
        }
        upgrade = protocol;
        return this;
    }

    /** Uses the connection for no other call afterwards, and says so to the server. */
    public ClientRequest closeConnection() {
        close = true;
        return this;
    }

    /**
     * Follows up to {@code most} redirections: with the same method and body, or with GET where the status asks for it.
     * Authorization, Cookie and Host are not sent to another origin, and no redirection leads from https to http.
     *
     * @throws IllegalArgumentException if the number is negative
     */
    public ClientRequest redirects(int most) {
        if (most < 0) {
            throw new IllegalArgumentException("follow " + most + " redirections");
        }
        redirects = most;
        return this;
    }

    private RequestPlan plan(RequestContent body) {
        if (upgrade != null && body.exists()) {
            throw new IllegalStateException("a request to switch protocols has no body");
        }
        if (method.equals("CONNECT") && (body.exists() || redirects > 0)) {
            throw new IllegalStateException("CONNECT has no body and follows no redirection");
        }
        RequestPlan plan =
                new RequestPlan(method, origin, target, fields, body, expect, upgrade, close, redirects, times);
        // Lines that are added later are not for the call that begins now.
        fields = copy(fields);
        return plan;
    }

    private static FieldBlock copy(FieldBlock lines) {
        if (lines.size() == 0) {
            return new FieldBlock();
        }
        FieldBlock copy = new FieldBlock();
        for (int i = 0; i < lines.size(); i++) {
            copy.append(lines, i);
        }
        return copy;
    }

    // ---- calls that never wait

    /**
     * Sends the request. The listener is told of the answer on the call's loop; only if that has been closed it hears
     * so from within this method.
     *
     * @throws IllegalStateException if the body is one that the calling thread would have to read
     */
    public Call send(ResponseListener listener) {
        if (content instanceof RequestContent.Read) {
            throw new IllegalStateException("a body that is read from a stream is for calls that wait");
        }
        return client.send(plan(content), Objects.requireNonNull(listener, "listener"));
    }

    /**
     * Sends the request and collects the answer. What depends on the future runs on the call's loop and must not block.
     *
     * @param most bytes that the body may have; a larger one fails with {@link HttpFailure.ResponseTooLarge}
     * @return completes with the answer, or fails with a {@link HttpFailure}; cancelling it cancels the call
     */
    public CompletableFuture<CollectedResponse> collect(int most) {
        Collector collector = new Collector(most);
        Call call = send(collector);
        collector.future().whenComplete((answer, failure) -> {
            if (collector.future().isCancelled()) {
                call.cancel();
            }
        });
        return collector.future();
    }

    // ---- calls that wait

    /**
     * Sends the request and waits for the whole answer.
     *
     * @param most bytes that the body may have
     * @throws HttpFailure if there is none; {@link HttpFailure.Cancelled} if the thread is interrupted, which it then
     *     still is
     * @throws IllegalStateException on a loop of the client
     */
    public CollectedResponse receive(int most) throws HttpFailure {
        client.checkMayWait();
        Collector collector = new Collector(most);
        return await(collector, collector.future());
    }

    /**
     * Sends the request and waits for the head of the answer; the body is read from a stream, and a server that sends
     * faster than it is read has to wait.
     *
     * @throws HttpFailure as {@link #receive}
     * @throws IllegalStateException on a loop of the client
     */
    public StreamedResponse stream() throws HttpFailure {
        client.checkMayWait();
        ResponseInput input = new ResponseInput();
        ResponseHead head = await(input, input.head());
        return new StreamedResponse(head, input);
    }

    private <T> T await(ResponseListener listener, CompletableFuture<T> answer) throws HttpFailure {
        if (!(content instanceof RequestContent.Read read)) {
            return Waiter.await(client.send(plan(content), listener), answer);
        }
        BlockingBody body = new BlockingBody();
        Call call = client.send(plan(body.content(read.length())), listener);
        answer.whenComplete((done, failure) -> body.cancelled());
        body.pump(read.in);
        return Waiter.await(call, answer);
    }
}

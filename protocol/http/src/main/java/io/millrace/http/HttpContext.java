// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Clock;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What all connections of a server share, whatever wire format each speaks: who answers, what a client may ask, who is
 * told of each exchange, and the clock. Never changes; any number of threads may use it.
 */
public final class HttpContext {
    /** The name that the Server field has unless another is chosen. */
    public static final String SERVER = "millrace";

    private final Dispatcher dispatcher;
    private final Limits limits;
    private final ExchangeLog log;
    private final Clock clock;
    private final @Nullable String server;
    private final List<Map.Entry<String, String>> errorFields;
    private final @Nullable BiFunction<SocketAddress, Headers, SocketAddress> clientAddress;
    private final @Nullable AtomicBoolean draining;

    // Durations as protocols compare them.
    private final long headNanos;
    private final long idleNanos;
    private final long bodyNanos;
    private final long writeNanos;
    private final long halfClosedNanos;

    private HttpContext(
            Dispatcher dispatcher,
            Limits limits,
            ExchangeLog log,
            Clock clock,
            @Nullable String server,
            List<Map.Entry<String, String>> errorFields,
            @Nullable BiFunction<SocketAddress, Headers, SocketAddress> clientAddress,
            @Nullable AtomicBoolean draining) {
        this.draining = draining;
        this.clientAddress = clientAddress;
        this.dispatcher = Objects.requireNonNull(dispatcher, "dispatcher");
        this.limits = Objects.requireNonNull(limits, "limits");
        this.log = Objects.requireNonNull(log, "log");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.server = server;
        this.errorFields = errorFields;
        this.headNanos = limits.headTime().toNanos();
        this.idleNanos = limits.idleTime().toNanos();
        this.bodyNanos = limits.bodyTime().toNanos();
        this.writeNanos = limits.writeTime().toNanos();
        this.halfClosedNanos = limits.halfClosedTime().toNanos();
    }

    /** Returns a context in which {@code handler} answers, with the default limits, no log and the system's clock. */
    public static HttpContext of(Handler handler) {
        return new HttpContext(
                Dispatcher.of(handler), Limits.DEFAULT, ExchangeLog.NONE, Clock.SYSTEM, SERVER, List.of(), null, null);
    }

    /** Returns this context with other limits. */
    public HttpContext withLimits(Limits value) {
        return new HttpContext(dispatcher, value, log, clock, server, errorFields, clientAddress, draining);
    }

    /** Returns this context with another log. */
    public HttpContext withLog(ExchangeLog value) {
        return new HttpContext(dispatcher, limits, value, clock, server, errorFields, clientAddress, draining);
    }

    /** Returns this context with another clock: the one whose nanoseconds the links use. */
    public HttpContext withClock(Clock value) {
        return new HttpContext(dispatcher, limits, log, value, server, errorFields, clientAddress, draining);
    }

    /** Returns this context with another value of the Server field; {@code null} leaves the field away. */
    public HttpContext withServer(@Nullable String value) {
        return new HttpContext(dispatcher, limits, log, clock, value, errorFields, clientAddress, draining);
    }

    /**
     * Returns this context with fields, names and values, for the answers that no handler gives: to requests that
     * cannot be read, are too large or too slow, and to connections that are refused. The caller has checked that they
     * can be sent.
     */
    public HttpContext withErrorFields(List<Map.Entry<String, String>> fields) {
        return new HttpContext(dispatcher, limits, log, clock, server, List.copyOf(fields), clientAddress, draining);
    }

    /**
     * Returns this context with a rule for who the client is, for servers behind proxies: it is given the connection's
     * peer and the header fields, and returns the address that {@link Request#peer} and the log say, the peer itself
     * where it trusts nothing else. Called on the loop, at most once for each request and only if somebody asks; must
     * be quick. {@code null} for no rule.
     */
    public HttpContext withClientAddress(@Nullable BiFunction<SocketAddress, Headers, SocketAddress> rule) {
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, rule, draining);
    }

    /**
     * Returns this context with a flag that any thread sets when the server is about to stop: from then on each answer
     * is the last of its connection. It is read for each answer.
     */
    public HttpContext withDraining(AtomicBoolean flag) {
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, clientAddress, flag);
    }

    /** Returns who answers. */
    public Dispatcher dispatcher() {
        return dispatcher;
    }

    /** Returns what a client may ask. */
    public Limits limits() {
        return limits;
    }

    /** Returns who is told of each exchange. */
    public ExchangeLog log() {
        return log;
    }

    /** Returns the clock for the log and the Date field. */
    public Clock clock() {
        return clock;
    }

    /** Returns the value of the Server field, {@code null} for none. */
    public @Nullable String server() {
        return server;
    }

    /** Appends the fields for answers that no handler gives. */
    public void addErrorFields(FieldBlock fields) {
        errorFields.forEach(field -> fields.append(field.getKey(), field.getValue()));
    }

    /**
     * Logs what the application threw while it answered: as an error, unless it is only what the client did to it.
     *
     * <p>The logger is asked for here, for most never need one: loading a logging system is a good part of a
     * short-lived worker's start.
     */
    static void logFailure(Request request, Throwable e) {
        boolean byClient = ClientAbortException.isCauseOf(e);
        System.getLogger("io.millrace.http")
                .log(
                        byClient ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR,
                        () -> "the answer to " + request + (byClient ? " was ended by the client" : " failed"),
                        e);
    }

    /** Returns the rule for who the client is, {@code null} for none. */
    @Nullable
    BiFunction<SocketAddress, Headers, SocketAddress> clientAddress() {
        return clientAddress;
    }

    /** Returns whether the server is about to stop: an answer that is written now is the last of its connection. */
    public boolean isDraining() {
        return draining != null && draining.get();
    }

    /** Returns {@link Limits#headTime} in nanoseconds. */
    public long headNanos() {
        return headNanos;
    }

    /** Returns {@link Limits#idleTime} in nanoseconds. */
    public long idleNanos() {
        return idleNanos;
    }

    /** Returns {@link Limits#bodyTime} in nanoseconds. */
    public long bodyNanos() {
        return bodyNanos;
    }

    /** Returns {@link Limits#writeTime} in nanoseconds. */
    public long writeNanos() {
        return writeNanos;
    }

    /** Returns {@link Limits#halfClosedTime} in nanoseconds. */
    public long halfClosedNanos() {
        return halfClosedNanos;
    }
}

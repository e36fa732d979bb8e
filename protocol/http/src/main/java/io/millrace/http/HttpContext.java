// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Clock;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Supplier;
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
    private final Extras extras;

    // Durations as protocols compare them.
    private final long headNanos;
    private final long idleNanos;
    private final long bodyNanos;
    private final long writeNanos;
    private final long halfClosedNanos;
    private final long answerNanos;

    /** What handlers are served with, by what this room does not know. */
    private record Extras(
            @Nullable ErrorHandlers errors,
            @Nullable BodyMapper mapper,
            @Nullable PathSender files) {
        static final Extras NONE = new Extras(null, null, null);
    }

    /** Answers with files, for {@link Response#send(Path)}. */
    @FunctionalInterface
    public interface PathSender {

        /** Opens a file and answers with it. Any number of threads may call. */
        void send(Request request, Response response, Path file) throws IOException;
    }

    private HttpContext(
            Dispatcher dispatcher,
            Limits limits,
            ExchangeLog log,
            Clock clock,
            @Nullable String server,
            List<Map.Entry<String, String>> errorFields,
            @Nullable BiFunction<SocketAddress, Headers, SocketAddress> clientAddress,
            @Nullable AtomicBoolean draining,
            Extras extras) {
        this.draining = draining;
        this.extras = extras;
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
        this.answerNanos = limits.answerTime().toNanos();
    }

    /** Returns a context in which {@code handler} answers, with the default limits, no log and the system's clock. */
    public static HttpContext of(Handler handler) {
        return new HttpContext(
                Dispatcher.of(handler),
                Limits.DEFAULT,
                ExchangeLog.NONE,
                Clock.SYSTEM,
                SERVER,
                List.of(),
                null,
                null,
                Extras.NONE);
    }

    /** Returns this context with other limits. */
    public HttpContext withLimits(Limits value) {
        return new HttpContext(dispatcher, value, log, clock, server, errorFields, clientAddress, draining, extras);
    }

    /** Returns this context with another log. */
    public HttpContext withLog(ExchangeLog value) {
        return new HttpContext(dispatcher, limits, value, clock, server, errorFields, clientAddress, draining, extras);
    }

    /** Returns this context with another clock: the one whose nanoseconds the links use. */
    public HttpContext withClock(Clock value) {
        return new HttpContext(dispatcher, limits, log, value, server, errorFields, clientAddress, draining, extras);
    }

    /** Returns this context with another value of the Server field; {@code null} leaves the field away. */
    public HttpContext withServer(@Nullable String value) {
        return new HttpContext(dispatcher, limits, log, clock, value, errorFields, clientAddress, draining, extras);
    }

    /**
     * Returns this context with fields, names and values, for the answers that no handler gives: to requests that
     * cannot be read, are too large or too slow, and to connections that are refused. The caller has checked that they
     * can be sent.
     */
    public HttpContext withErrorFields(List<Map.Entry<String, String>> fields) {
        return new HttpContext(
                dispatcher, limits, log, clock, server, List.copyOf(fields), clientAddress, draining, extras);
    }

    /**
     * Returns this context with a rule for who the client is, for servers behind proxies: it is given the connection's
     * peer and the header fields, and returns the address that {@link Request#peer} and the log say, the peer itself
     * where it trusts nothing else. Called on the loop, at most once for each request and only if it is asked for; must
     * be quick. {@code null} for no rule.
     */
    public HttpContext withClientAddress(@Nullable BiFunction<SocketAddress, Headers, SocketAddress> rule) {
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, rule, draining, extras);
    }

    /**
     * Returns this context with a flag that any thread sets when the server is about to stop: from then on each answer
     * is the last of its connection. It is read for each answer.
     */
    public HttpContext withDraining(AtomicBoolean flag) {
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, clientAddress, flag, extras);
    }

    /** Returns this context with handlers for what handlers throw; {@code null} for none. */
    public HttpContext withErrorHandlers(@Nullable ErrorHandlers handlers) {
        Extras changed = new Extras(handlers, extras.mapper, extras.files);
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, clientAddress, draining, changed);
    }

    /**
     * Returns this context with a mapper for {@link RequestBody#as} and {@link Response#json}; {@code null} for none.
     */
    public HttpContext withBodyMapper(@Nullable BodyMapper mapper) {
        Extras changed = new Extras(extras.errors, mapper, extras.files);
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, clientAddress, draining, changed);
    }

    /** Returns this context with what answers for {@link Response#send(Path)}; {@code null} for nothing. */
    public HttpContext withFiles(@Nullable PathSender sender) {
        Extras changed = new Extras(extras.errors, extras.mapper, sender);
        return new HttpContext(dispatcher, limits, log, clock, server, errorFields, clientAddress, draining, changed);
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
    static void logFailure(Supplier<String> request, Throwable e) {
        boolean byClient = ClientAbortException.isCauseOf(e);
        System.getLogger("io.millrace.http")
                .log(
                        byClient ? System.Logger.Level.DEBUG : System.Logger.Level.ERROR,
                        () -> "the answer to " + request.get() + (byClient ? " was ended by the client" : " failed"),
                        LogFrames.cut(e));
    }

    /** Returns the rule for who the client is, {@code null} for none. */
    @Nullable
    BiFunction<SocketAddress, Headers, SocketAddress> clientAddress() {
        return clientAddress;
    }

    /** Returns who answers what handlers throw, {@code null} for the exchange itself. */
    @Nullable
    ErrorHandlers errors() {
        return extras.errors;
    }

    BodyMapper bodyMapper() {
        if (extras.mapper == null) {
            throw new IllegalStateException("the server has no mapper: give it one by bodyMapper(...)");
        }
        return extras.mapper;
    }

    PathSender files() {
        if (extras.files == null) {
            throw new IllegalStateException("this server cannot send files");
        }
        return extras.files;
    }

    /** Returns {@link Limits#answerTime} in nanoseconds. */
    long answerNanos() {
        return answerNanos;
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

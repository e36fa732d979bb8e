// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.http.FieldBlock;
import io.millrace.http.FieldSyntax;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What to ask, how often and with how many connections.
 *
 * @param target what is asked
 * @param clients who asks
 * @param pace when they ask
 * @param message what they say
 * @param beside connections that are there besides, to be in the way
 */
public record LoadPlan(LoadTarget target, Clients clients, Pace pace, Message message, Beside beside) {

    /**
     * Checks what the parts cannot check alone; a message that closes its connection makes each request have its own.
     *
     * @throws IllegalArgumentException for parts that do not fit one another
     */
    public LoadPlan {
        boolean isHttp1 = target.kind() == LoadTarget.Kind.HTTP || target.kind() == LoadTarget.Kind.HTTPS;
        if (isHttp1 && message.closes()) {
            clients = clients.withKeepAlive(false);
        }
        if (target.kind() == LoadTarget.Kind.TCP && message.body().length == 0) {
            throw new IllegalArgumentException("nothing to send: a TCP message has at least one byte");
        }
        if (clients.threads() > clients.connections()) {
            throw new IllegalArgumentException(
                    "more threads (" + clients.threads() + ") than connections (" + clients.connections() + ")");
        }
        if (target.kind().isWebSocket() && !message.method().equals("GET")) {
            throw new IllegalArgumentException("a WebSocket is opened with GET, not with " + message.method());
        }
        if (target.kind().isHttp2() && message.body().length > Http2Request.LONGEST_BODY) {
            throw new IllegalArgumentException(
                    "over HTTP/2 a body has at most " + Http2Request.LONGEST_BODY + " bytes here");
        }
        if (!clients.keepAlive() && clients.pipeline() > 1) {
            throw new IllegalArgumentException("a new connection for each request cannot be pipelined");
        }
    }

    /** The option among others (RFC 9110 section 7.6.1). */
    private static final Pattern CLOSE = Pattern.compile("(?:^|,)[ \\t]*close[ \\t]*(?:,|$)", Pattern.CASE_INSENSITIVE);

    /**
     * Who asks.
     *
     * @param connections how many at once
     * @param threads loops that share them
     * @param pipeline requests under way on one connection
     * @param keepAlive {@code false} opens a connection for each request
     * @param ramp time over which the connections are opened
     */
    public record Clients(int connections, int threads, int pipeline, boolean keepAlive, Duration ramp) {

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException for one that cannot be
         */
        public Clients {
            if (connections < 1 || threads < 1 || pipeline < 1) {
                throw new IllegalArgumentException("connections, threads and pipeline must be at least 1");
            }
            checkTime("ramp", ramp);
        }

        private Clients withKeepAlive(boolean value) {
            return new Clients(connections, threads, pipeline, value, ramp);
        }
    }

    /**
     * When they ask.
     *
     * @param rate requests a second over all connections; 0 for as fast as answers come
     * @param warmup time at the beginning that does not count
     * @param duration time that counts
     * @param timeout how long an answer is waited for
     */
    public record Pace(double rate, Duration warmup, Duration duration, Duration timeout) {

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException for one that cannot be
         */
        public Pace {
            if (!(rate >= 0) || rate > 1e9) {
                throw new IllegalArgumentException("the rate must be from 0 to 10^9 requests a second");
            }
            checkTime("warmup", warmup);
            checkTime("duration", duration);
            checkTime("timeout", timeout);
            if (duration.isZero() || timeout.isZero()) {
                throw new IllegalArgumentException("duration and timeout must be longer than nothing");
            }
        }
    }

    /**
     * What they say.
     *
     * @param method the HTTP method
     * @param fields header fields besides Host and those of the body, {@code "Name: value"}
     * @param body the body of a request, or all of a message of TCP or of a WebSocket; a WebSocket sends it as a text
     *     if it is UTF-8, else as binary
     */
    public record Message(String method, List<String> fields, byte[] body) {

        /**
         * Checks method and fields.
         *
         * @throws IllegalArgumentException for what is no method or no field
         */
        public Message {
            fields = List.copyOf(fields);
            if (!FieldSyntax.isToken(method)) {
                throw new IllegalArgumentException("'" + method + "' is no method");
            }
            for (String field : fields) {
                int colon = field.indexOf(':');
                if (colon < 0
                        || !FieldSyntax.isToken(field.substring(0, colon).strip())
                        || !FieldSyntax.isValue(field.substring(colon + 1).strip())) {
                    throw new IllegalArgumentException("'" + field + "' is no header field; say 'Name: value'");
                }
            }
        }

        /** The fields with their names and values apart. */
        FieldBlock fieldLines() {
            FieldBlock lines = new FieldBlock();
            for (String field : fields) {
                int colon = field.indexOf(':');
                lines.append(
                        field.substring(0, colon).strip(),
                        field.substring(colon + 1).strip());
            }
            return lines;
        }

        /** Whether it says that the connection ends after its answer (RFC 9112 section 9.6). */
        boolean closes() {
            FieldBlock lines = fieldLines();
            for (int i = 0; i < lines.size(); i++) {
                if (lines.isNamed(i, "Connection")
                        && CLOSE.matcher(lines.value(i)).find()) {
                    return true;
                }
            }
            return false;
        }
    }

    /**
     * Who is there besides.
     *
     * @param idle connections that are opened and say nothing
     * @param slowReaders connections that ask and then read a little at a time
     * @param slowWriters connections that send a request byte by byte
     */
    public record Beside(int idle, int slowReaders, int slowWriters) {

        /** No connections. */
        public static final Beside NOBODY = new Beside(0, 0, 0);

        /**
         * Checks the values.
         *
         * @throws IllegalArgumentException for one that cannot be
         */
        public Beside {
            if (idle < 0 || slowReaders < 0 || slowWriters < 0) {
                throw new IllegalArgumentException("there cannot be fewer than no connections");
            }
        }

        private Beside share(int index, int count) {
            return new Beside(
                    part(idle, index, count), part(slowReaders, index, count), part(slowWriters, index, count));
        }
    }

    private static void checkTime(String what, Duration time) {
        if (time.isNegative() || time.compareTo(Duration.ofDays(30)) > 0) {
            throw new IllegalArgumentException(what + " must be from 0 to 30 days");
        }
    }

    /** The part number {@code index} of {@code count}, for a thread or a machine of its own. */
    LoadPlan share(int index, int count) {
        Clients mine = new Clients(
                part(clients.connections, index, count),
                Math.min(clients.threads, part(clients.connections, index, count)),
                clients.pipeline,
                clients.keepAlive,
                clients.ramp);
        double rate = pace.rate * mine.connections / clients.connections;
        return new LoadPlan(
                target,
                mine,
                new Pace(rate, pace.warmup, pace.duration, pace.timeout),
                message,
                beside.share(index, count));
    }

    private static int part(int whole, int index, int count) {
        return whole / count + (index < whole % count ? 1 : 0);
    }
}

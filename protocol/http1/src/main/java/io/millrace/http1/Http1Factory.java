// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.core.Clock;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.http.ExchangeLog;
import io.millrace.http.FieldBlock;
import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.http.Limits;
import org.jspecify.annotations.Nullable;

/**
 * Makes the HTTP/1.1 protocol of each connection of one loop, and owns what they share: the date as bytes, the status
 * lines, and the exchanges, which are lent to a connection from the first byte of a request to the last of its answer.
 * Belongs to its loop's thread.
 */
public final class Http1Factory implements ProtocolFactory {
    /** The name that the Server field has unless another is chosen. */
    public static final String SERVER = HttpContext.SERVER;

    private static final int SPARE = 256;
    private static final byte[] BUSY = Ascii.bytes("503 Service Unavailable\n");

    private final HttpContext context;
    private final ResponseWriter writer;
    private final MessageFraming rules = new MessageFraming();
    private final Http1Exchange[] spares = new Http1Exchange[SPARE];
    private int spareCount;

    /** Serves what {@code context} says. */
    public Http1Factory(HttpContext context) {
        this.context = context;
        this.writer = new ResponseWriter(context.clock(), context.server());
    }

    /** Serves {@code handler} with the usual limits and without a log. */
    public Http1Factory(Handler handler) {
        this(HttpContext.of(handler));
    }

    /**
     * Serves {@code handler}.
     *
     * @param clock the clock whose nanoseconds the links use, for the log and the Date field
     * @param server value of the Server field, {@code null} to leave it away
     */
    public Http1Factory(Handler handler, Limits limits, ExchangeLog log, Clock clock, @Nullable String server) {
        this(HttpContext.of(handler)
                .withLimits(limits)
                .withLog(log)
                .withClock(clock)
                .withServer(server));
    }

    @Override
    public Protocol create() {
        return new Http1Protocol(this);
    }

    /** A protocol that answers 503 at once, whatever the client was about to ask. */
    @Override
    public Protocol refuse() {
        return new Refusal();
    }

    private final class Refusal implements Protocol {
        @Override
        public void opened(Link link) {
            FieldBlock fields = new FieldBlock();
            fields.append("Content-Type", "text/plain; charset=utf-8");
            fields.append("Retry-After", "1");
            context.addErrorFields(fields);
            Buffer out = link.out();
            writer.begin(out, 503, fields, link.now());
            writer.length(out, BUSY.length);
            writer.end(out, fields, new FieldLines(), ResponseWriter.Persistence.CLOSE);
            out.append(BUSY);
            link.flow().writeTimeout(context.writeNanos());
            link.flush();
            link.close(CloseMode.LINGERING);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }
    }

    // ---- exchanges, lent and given back

    Http1Exchange lend() {
        return spareCount > 0 ? spares[--spareCount] : new Http1Exchange(this);
    }

    void giveBack(Http1Exchange exchange) {
        if (spareCount < SPARE) {
            spares[spareCount++] = exchange;
        }
    }

    // ---- what the exchanges share

    HttpContext context() {
        return context;
    }

    ResponseWriter writer() {
        return writer;
    }

    MessageFraming rules() {
        return rules;
    }
}

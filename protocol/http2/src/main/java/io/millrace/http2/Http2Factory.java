// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.GuardedLog;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.http.HttpContext;

/**
 * Makes the HTTP/2 protocol of each connection of one loop, and owns what they share: the date as bytes, the streams
 * with their exchanges, and what a connection needs only while it has some. Belongs to its loop's thread.
 */
public final class Http2Factory implements ProtocolFactory {
    private static final int SPARE_STREAMS = 256;
    private static final int SPARE_TABLES = 64;
    private static final int SPARE_HEADS = 16;

    /** For what clients do to this server; at most a line a second. */
    static final GuardedLog LOG = new GuardedLog("io.millrace.http2");

    private final HttpContext context;
    private final Http2Limits limits;
    private final Http2Stats stats;
    private final HeadWriter heads;
    private final Http2Stream[] streams = new Http2Stream[SPARE_STREAMS];
    private final OpenStreams[] tables = new OpenStreams[SPARE_TABLES];
    private final RequestHead[] requests = new RequestHead[SPARE_HEADS];
    private int streamCount;
    private int tableCount;
    private int requestCount;
    private int open;

    /** Serves what {@code context} says; {@code stats} may count for several loops. */
    public Http2Factory(HttpContext context, Http2Limits limits, Http2Stats stats) {
        this.context = context;
        this.limits = limits;
        this.stats = stats;
        this.heads = new HeadWriter(context.clock(), context.server());
    }

    /** Serves what {@code context} says, with the usual limits. */
    public Http2Factory(HttpContext context) {
        this(context, Http2Limits.DEFAULT, new Http2Stats());
    }

    @Override
    public Protocol create() {
        return new Http2Protocol(this);
    }

    /** A protocol that says at once, in a way that lets a client try elsewhere, that no request was or will be read. */
    @Override
    public Protocol refuse() {
        return new Refusal();
    }

    private final class Refusal implements Protocol {
        @Override
        public void opened(Link link) {
            Buffer out = link.out();
            Frame.header(out, 0, Frame.SETTINGS, 0, 0);
            Frame.goAway(out, 0, ErrorCode.REFUSED_STREAM, "too many connections");
            link.flow().writeTimeout(context.writeNanos());
            link.flush();
            link.close(CloseMode.LINGERING);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }
    }

    // ---- what is lent and given back

    Http2Stream lendStream() {
        open++;
        return streamCount > 0 ? streams[--streamCount] : new Http2Stream(this);
    }

    /** A stream is over; {@code again} says that nobody else can hold a part of it. */
    void giveBack(Http2Stream stream, boolean again) {
        open--;
        if (again && streamCount < SPARE_STREAMS) {
            streams[streamCount++] = stream;
        }
    }

    OpenStreams lendTable() {
        return tableCount > 0 ? tables[--tableCount] : new OpenStreams();
    }

    void giveBack(OpenStreams table) {
        if (tableCount < SPARE_TABLES) {
            table.trim();
            tables[tableCount++] = table;
        }
    }

    RequestHead lendHead() {
        return requestCount > 0 ? requests[--requestCount] : new RequestHead(context.limits());
    }

    void giveBack(RequestHead head) {
        if (requestCount < SPARE_HEADS) {
            head.trim();
            requests[requestCount++] = head;
        }
    }

    /** Returns how many streams the connections of this loop have open. */
    int openStreams() {
        return open;
    }

    /** Returns whether all connections of this loop together have as many streams open as they may. */
    boolean isFull() {
        return open >= limits.streamsPerLoop();
    }

    // ---- what the connections share

    HttpContext context() {
        return context;
    }

    Http2Limits limits() {
        return limits;
    }

    Http2Stats stats() {
        return stats;
    }

    HeadWriter heads() {
        return heads;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.CloseMode;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.http.HttpContext;
import java.util.function.Consumer;

/**
 * Makes the HTTP/2 protocol of each connection of one loop, with what they share and lend. Belongs to its loop's
 * thread.
 */
public final class Http2Factory implements ProtocolFactory {
    private final LoopState loop;
    private final StreamPool<Http2Stream> streams;

    /** Serves what {@code context} says; {@code stats} may count for several loops. */
    public Http2Factory(HttpContext context, Http2Limits limits, Http2Stats stats) {
        this.loop = new LoopState(context, limits, stats);
        this.streams = new StreamPool<>(() -> new Http2Stream(loop), limits.streamsPerLoop());
        loop.waker(new Waker());
    }

    /** Serves what {@code context} says, with the usual limits. */
    public Http2Factory(HttpContext context) {
        this(context, Http2Limits.DEFAULT, new Http2Stats());
    }

    /**
     * Has each frame that comes and goes said in a line. Before the first connection.
     *
     * @param lines takes the lines, on the loop; {@code null} for none
     * @return this factory
     */
    public Http2Factory trace(Consumer<String> lines) {
        loop.trace(lines);
        return this;
    }

    @Override
    public Protocol create() {
        return new Http2Protocol(loop, streams, null);
    }

    /** A protocol that says at once, in a way that lets a client try elsewhere, that no request was or will be read. */
    @Override
    public Protocol refuse() {
        return new Refusal();
    }

    /** Makes connections of those that have rested. */
    private final class Waker implements IdleConnection.Waker {
        @Override
        public Protocol wake(IdleConnection idle) {
            return new Http2Protocol(loop, streams, idle);
        }

        @Override
        public long due(IdleConnection idle) {
            HttpContext context = loop.context();
            return idle.idleSince + (idle.served == 0 ? context.headNanos() : context.idleNanos());
        }
    }

    private final class Refusal implements Protocol {
        @Override
        public void opened(Link link) {
            Buffer out = link.out();
            Frame.header(out, 0, Frame.SETTINGS, 0, 0);
            Frame.goAway(out, 0, ErrorCode.REFUSED_STREAM, "too many connections");
            link.flow().writeTimeout(loop.context().writeNanos());
            link.flush();
            link.close(CloseMode.LINGERING);
        }

        @Override
        public void receive(Buffer in, Link link) {
            in.consume(in.readable());
        }
    }

    /** Returns how many streams the connections of this loop have open. The loop's thread calls. */
    public int openStreams() {
        return streams.open();
    }
}

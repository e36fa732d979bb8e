// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.GuardedLog;
import io.millrace.core.Link;
import io.millrace.http.HttpContext;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/**
 * What the connections of one loop share: what they serve and how much of it, the counters, the date as bytes, and the
 * memory for heads, of which few are read at the same time. Belongs to its loop's thread.
 */
final class LoopState {
    private static final int SPARE_HEADS = 16;

    /** For what clients do to this server; at most a line a second. */
    static final GuardedLog LOG = new GuardedLog("io.millrace.http2");

    private final HttpContext context;
    private final Http2Limits limits;
    private final Http2Stats stats;
    private final HeadWriter heads;
    private IdleConnection.Waker waker;
    private Consumer<String> trace;
    private final ArrayDeque<RequestHead> requests = new ArrayDeque<>(SPARE_HEADS);

    LoopState(HttpContext context, Http2Limits limits, Http2Stats stats) {
        this.context = context;
        this.limits = limits;
        this.stats = stats;
        this.heads = new HeadWriter(context.clock(), context.server());
    }

    /** Has frames said in lines, or, for {@code null}, not. */
    void trace(Consumer<String> lines) {
        trace = lines;
    }

    /** Says a frame, where frames are said; {@code way} is whether it comes or goes. */
    void traced(Link link, String way, int type, int flags, int stream, int length) {
        if (trace != null) {
            String on = stream == 0 ? "" : " stream " + stream;
            trace.accept("  http2 " + way + " " + link.peer() + " " + Frame.name(type) + on + " (" + length + ")"
                    + Frame.flags(type, flags));
        }
    }

    /** Sets how connections at rest are woken. */
    void waker(IdleConnection.Waker value) {
        waker = value;
    }

    IdleConnection.Waker waker() {
        return waker;
    }

    /** A connection ends because of what its client sent: counts it, and says so at most once a second. */
    void failed(Link link, int code, String text) {
        if (code != ErrorCode.ENHANCE_YOUR_CALM) {
            stats.failure();
            return;
        }
        stats.calm();
        if (LOG.isTimeToSay()) {
            LOG.log(Level.INFO, "ended a connection of " + link.peer() + ": " + text, null);
        }
    }

    RequestHead lendHead() {
        return requests.isEmpty() ? new RequestHead(context.limits()) : requests.pop();
    }

    void giveBack(RequestHead head) {
        if (requests.size() < SPARE_HEADS) {
            head.trim();
            requests.push(head);
        }
    }

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

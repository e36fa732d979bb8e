// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import io.millrace.core.Buffer;
import io.millrace.core.Link;

/**
 * HEADERS and the CONTINUATION after them (RFC 9113 sections 4.3, 6.2 and 6.10): decodes each piece as it comes, so
 * that a block that never ends costs no memory, and opens a stream, or ends a body, when the block is complete. A block
 * that is not wanted is decoded all the same, since the table of the connection depends on it.
 */
final class HeaderBlocks {
    /** What a block is for. */
    private enum Use {
        REQUEST,
        TRAILERS,
        NOTHING
    }

    private final Http2Protocol connection;
    private final InboundFrames frames;
    private final HpackDecoder decoder;

    private int lastStream;

    // Of the last 64 streams, the last in the lowest bit, which have been opened and not passed over.
    private long opened;

    // The block that is coming in.
    private RequestHead head;
    private int stream;
    private Use use;
    private boolean endsStream;
    private boolean dependsOnItself;
    private int pieces;
    private long since;
    private Buffer carried;

    HeaderBlocks(Http2Protocol connection, InboundFrames frames) {
        this.connection = connection;
        this.frames = frames;
        this.decoder = new HpackDecoder(
                HpackEncoder.MOST_TABLE,
                2 * connection.loop().context().limits().head());
    }

    int lastStream() {
        return lastStream;
    }

    /** Returns whether the client has passed over a stream that is below its last one, as far as that is known. */
    boolean wasSkipped(int id) {
        int distance = (lastStream - id) / 2;
        return distance < Long.SIZE && (opened >>> distance & 1) == 0;
    }

    /** Returns whether a block has begun that is not complete. */
    boolean isOpen() {
        return head != null;
    }

    /** Returns the stream that the block which has begun is for. */
    int stream() {
        return stream;
    }

    /** Returns when the block that has begun will have taken too long. */
    long due() {
        return head == null ? Link.NEVER : since + connection.loop().context().headNanos();
    }

    void save(IdleConnection idle) {
        idle.lastStream = lastStream;
        idle.opened = opened;
        decoder.save(idle);
    }

    void restore(IdleConnection idle) {
        lastStream = idle.lastStream;
        opened = idle.opened;
        decoder.restore(idle);
    }

    /** The connection has ended. */
    void closed() {
        release();
    }

    private boolean fail(int code, String text) {
        connection.fail(code, text);
        return false;
    }

    boolean headers(int flags, int id, byte[] bytes, int start, int end) {
        if ((id & 1) == 0) {
            return fail(ErrorCode.PROTOCOL_ERROR, "HEADERS on stream " + id);
        }
        int from = start;
        int to = end;
        if ((flags & Frame.PADDED) != 0) {
            int padding = from == to ? 0 : bytes[from++] & 0xff;
            to -= padding;
        }
        dependsOnItself = false;
        if ((flags & Frame.WITH_PRIORITY) != 0) {
            dependsOnItself = to - from >= 5 && (Frame.number(bytes, from) & Integer.MAX_VALUE) == id;
            from += 5;
        }
        if (from > to || ((flags & Frame.PADDED) != 0 && start == end)) {
            return fail(start == end ? ErrorCode.FRAME_SIZE_ERROR : ErrorCode.PROTOCOL_ERROR, "HEADERS too small");
        }
        return begin(flags, id) && piece(flags, bytes, from, to);
    }

    private boolean begin(int flags, int id) {
        Http2Stream open = connection.streams().find(id);
        if (id > lastStream) {
            int distance = (id - lastStream) / 2;
            opened = (distance < Long.SIZE ? opened << distance : 0) | 1;
            lastStream = id;
            use = connection.departure().isBeyond(id) ? Use.NOTHING : Use.REQUEST;
        } else if (open != null && !open.isReset()) {
            use = Use.TRAILERS;
        } else if (!frames.late(Frame.HEADERS, id)) {
            return false;
        } else {
            use = Use.NOTHING;
        }
        stream = id;
        endsStream = (flags & Frame.END_STREAM) != 0;
        pieces = 0;
        head = connection.loop().lendHead();
        head.begin(use == Use.TRAILERS);
        decoder.begin();
        return true;
    }

    boolean continuation(int flags, int id, byte[] bytes, int from, int to) {
        if (head == null) {
            return fail(ErrorCode.PROTOCOL_ERROR, "CONTINUATION without HEADERS on stream " + id);
        }
        if (++pieces > connection.limits().continuations()) {
            return fail(ErrorCode.ENHANCE_YOUR_CALM, "a header block in too many frames");
        }
        if (from == to && !connection.spend(GlitchMeter.EMPTY, "too many CONTINUATION without content")) {
            return false;
        }
        return piece(flags, bytes, from, to);
    }

    private boolean piece(int flags, byte[] bytes, int from, int to) {
        boolean last = (flags & Frame.END_HEADERS) != 0;
        int result = carried == null ? decode(bytes, from, to, last) : decodeCarried(bytes, from, to);
        if (result == HpackDecoder.TOO_LONG) {
            return fail(ErrorCode.ENHANCE_YOUR_CALM, "a header block that is far too large");
        }
        if (result == HpackDecoder.BROKEN || (last && result > 0)) {
            return fail(ErrorCode.COMPRESSION_ERROR, "a header block that cannot be decoded");
        }
        if (!last) {
            waitForMore();
            return true;
        }
        return complete();
    }

    // The number of bytes that are left over, or an error.
    private int decode(byte[] bytes, int from, int to, boolean last) {
        int whole = decoder.decode(bytes, from, to, head);
        if (whole < 0) {
            return whole;
        }
        if (whole < to && !last) {
            carried = new Buffer();
            carried.append(bytes, whole, to - whole);
        }
        return to - whole;
    }

    private int decodeCarried(byte[] bytes, int from, int to) {
        carried.append(bytes, from, to - from);
        int start = carried.head();
        int whole = decoder.decode(carried.array(), start, carried.tail(), head);
        if (whole < 0) {
            return whole;
        }
        carried.consume(whole - start);
        return carried.readable();
    }

    private void waitForMore() {
        if (pieces == 0) {
            since = connection.link().now();
            connection.armFor(due());
        }
    }

    private void release() {
        if (head != null) {
            RequestHead done = head;
            head = null;
            connection.loop().giveBack(done);
        }
        carried = null;
    }

    // ---- a block is complete

    private boolean complete() {
        RequestHead done = head;
        head = null;
        carried = null;
        try {
            int result = done.end();
            return switch (use) {
                case REQUEST -> request(done, result);
                case TRAILERS -> trailers(done, result);
                case NOTHING -> true;
            };
        } finally {
            connection.loop().giveBack(done);
        }
    }

    private boolean request(RequestHead request, int result) {
        LoopState loop = connection.loop();
        loop.stats().stream();
        boolean withoutContent = endsStream && request.contentLength() > 0;
        if (result == RequestHead.MALFORMED || withoutContent || dependsOnItself) {
            loop.context().log().unreadable(connection.link().peer(), 400, 0, 0);
            return refuse(ErrorCode.PROTOCOL_ERROR, GlitchMeter.RESET, "too many requests that are malformed");
        }
        if (isFull()) {
            loop.stats().refusal();
            return refuse(ErrorCode.REFUSED_STREAM, GlitchMeter.REFUSED, "too many streams at once");
        }
        if (connection.isClosing()) {
            return false;
        }
        int priority = frames.priorityOf(stream, request.priority());
        Http2Stream opened = connection.open(stream, priority, frames.initialWindow());
        if (endsStream) {
            opened.beginsClosed();
        }
        opened.exchange().head(request, result);
        return true;
    }

    // Streams that the client has reset meanwhile count until they are told: they are before another is refused.
    private boolean isFull() {
        LentStreams<Http2Stream> streams = connection.streams();
        int most = connection.limits().streams();
        if (streams.isFull(most)) {
            connection.tellAll();
            streams.makeRoom(connection.link().now());
        }
        return streams.isFull(most);
    }

    private boolean refuse(int code, int weight, String text) {
        connection.writeReset(stream, code);
        return connection.spend(weight, text);
    }

    private boolean trailers(RequestHead trailers, int result) {
        Http2Stream open = connection.streams().find(stream);
        if (open == null || open.isReset()) {
            // It has ended between the frames of this block.
            return true;
        }
        if (open.isRemoteClosed()) {
            connection.reset(open, ErrorCode.STREAM_CLOSED);
            return connection.spend(GlitchMeter.RESET, "HEADERS after the end of their stream");
        }
        if (result != RequestHead.FINE || !endsStream) {
            connection.malformed(open, "too many trailers that are malformed");
            return true;
        }
        trailers.fill(open.exchange().trailers());
        open.remoteEnds();
        return true;
    }
}

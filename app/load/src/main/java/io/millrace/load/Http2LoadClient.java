// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * Asks over HTTP/2 (RFC 9113 section 3): each request that is under way is a stream. Of an answer only the status
 * counts. Server and client agree on a header table of size 0, so that the status, which comes first, is read without
 * decoding the rest.
 */
final class Http2LoadClient extends Client {
    private static final int HEADER = 9;
    private static final int LONGEST_FRAME = 16_384;
    private static final int PADDED = 0x8;
    private static final int WITH_PRIORITY = 0x20;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int NO_STATUS = 0;

    /** Bytes of answers after which the window of the connection is opened again. */
    private static final int CREDIT = 1 << 29;

    private static final int LAST_STREAM = Integer.MAX_VALUE - 2;

    private final Http2Request request;

    // For each request under way, at its place in the ring: its stream, and the class of its status once that is known.
    private final int[] streams;
    private final int[] statuses;

    // Streams whose bodies wait for the window of the connection.
    private final ArrayDeque<Integer> bodies = new ArrayDeque<>();
    private int next;
    private long window;
    private int uncredited;
    private boolean goneAway;

    // The DATA frame that is coming in.
    private boolean inData;
    private int dataLeft;
    private int dataStream;
    private boolean dataEnds;

    Http2LoadClient(Worker worker, Http2Request request) {
        super(worker);
        this.request = request;
        int most = worker.plan().clients().pipeline();
        this.streams = new int[most];
        this.statuses = new int[most];
    }

    // ---- what it says

    @Override
    boolean begin() {
        next = 1;
        window = Http2Request.USUAL_WINDOW;
        uncredited = 0;
        goneAway = false;
        inData = false;
        bodies.clear();
        Arrays.fill(streams, 0);
        Http2Request.preface(link.out());
        link.flush();
        return true;
    }

    @Override
    boolean isFree() {
        return !goneAway && super.isFree();
    }

    @Override
    int write(Buffer out, int place) {
        streams[place] = next;
        statuses[place] = NO_STATUS;
        int length = request.writeHead(out, next);
        if (request.bodyLength() > 0) {
            bodies.add(next);
            writeBodies(out);
        }
        goneAway |= next >= LAST_STREAM;
        next += 2;
        return length + request.bodyLength();
    }

    private void writeBodies(Buffer out) {
        while (!bodies.isEmpty() && window >= request.bodyLength()) {
            window -= request.bodyLength();
            request.writeBody(out, bodies.remove());
        }
    }

    @Override
    void moved(int from, int to) {
        streams[to] = streams[from];
        statuses[to] = statuses[from];
        streams[from] = 0;
    }

    // ---- what it hears

    @Override
    boolean read(Buffer in) {
        boolean understood = true;
        while (understood && stands() && (inData ? data(in) : in.readable() >= HEADER)) {
            if (!inData) {
                int length = in.peekInt(0) >>> 8;
                if (length > LONGEST_FRAME) {
                    return false;
                }
                if ((in.peekInt(0) & 0xff) == Http2Request.DATA) {
                    beginData(in, length);
                } else if (in.readable() < HEADER + length) {
                    return true;
                } else {
                    understood = frame(in, length);
                    in.consume(Math.min(in.readable(), HEADER + length));
                }
            }
        }
        return understood;
    }

    private void beginData(Buffer in, int length) {
        inData = true;
        dataLeft = length;
        dataStream = in.peekInt(5);
        dataEnds = (in.peek(4) & Http2Request.END_STREAM) != 0;
        in.consume(HEADER);
    }

    // Returns whether the frame has come to its end.
    private boolean data(Buffer in) {
        int count = Math.min(dataLeft, in.readable());
        in.consume(count);
        dataLeft -= count;
        uncredited += count;
        if (dataLeft > 0) {
            return false;
        }
        inData = false;
        if (uncredited >= CREDIT) {
            Http2Request.windowUpdate(link.out(), 0, uncredited);
            uncredited = 0;
            link.flush();
        }
        if (dataEnds) {
            complete(dataStream);
        }
        return stands() && in.readable() >= HEADER;
    }

    private boolean frame(Buffer in, int length) {
        int flags = in.peek(4);
        int stream = in.peekInt(5);
        switch (in.peekInt(0) & 0xff) {
            case Http2Request.HEADERS -> {
                return head(in, length, flags, stream);
            }
            case Http2Request.RST_STREAM -> {
                int place = place(stream);
                if (place >= 0) {
                    failedAt(place, Failure.RESET);
                }
            }
            case Http2Request.SETTINGS -> {
                return (flags & Http2Request.ACK) != 0 || settings(in, length);
            }
            case Http2Request.PING -> {
                if ((flags & Http2Request.ACK) == 0) {
                    Http2Request.header(link.out(), 8, Http2Request.PING, Http2Request.ACK, 0);
                    link.out().appendInt(in.peekInt(HEADER));
                    link.out().appendInt(in.peekInt(HEADER + 4));
                    link.flush();
                }
            }
            case Http2Request.GOAWAY -> goneAway();
            case Http2Request.WINDOW_UPDATE -> widen(stream, in.peekInt(HEADER));
            default -> {
                // Nothing that matters to who only counts.
            }
        }
        return true;
    }

    private boolean head(Buffer in, int length, int flags, int stream) {
        int at = HEADER + ((flags & PADDED) != 0 ? 1 : 0) + ((flags & WITH_PRIORITY) != 0 ? 5 : 0);
        int place = place(stream);
        if (place < 0) {
            return true;
        }
        if (statuses[place] == NO_STATUS) {
            int status = statusClass(in, at, HEADER + length);
            if (status < 1 || status > 5) {
                return false;
            }
            statuses[place] = status == 1 ? NO_STATUS : status; // an interim answer is none
        }
        if ((flags & Http2Request.END_STREAM) != 0) {
            complete(stream);
        }
        return true;
    }

    // The first field is :status (RFC 9113 section 8.3): an entry of the static table, or its name and three digits.
    private static int statusClass(Buffer in, int from, int end) {
        int at = from;
        while (at < end && (in.peek(at) & 0xe0) == 0x20) {
            at++; // the size of the table, which is 0
        }
        if (at + 2 >= end) {
            return at < end ? indexed(in.peek(at) & 0xff) : 0;
        }
        int first = in.peek(at) & 0xff;
        if (first >= 0x80) {
            return indexed(first);
        }
        boolean huffman = (in.peek(at + 1) & 0x80) != 0;
        int digit = in.peek(at + 2) & 0xff;
        // RFC 7541 appendix B: five bits for 0 to 2, six for 3 to 9.
        return huffman ? (digit >>> 3 <= 2 ? digit >>> 3 : (digit >>> 2) - 0x19 + 3) : digit - '0';
    }

    private static int indexed(int field) {
        return switch (field) {
            case 0x88, 0x89, 0x8a -> 2;
            case 0x8b -> 3;
            case 0x8c, 0x8d -> 4;
            case 0x8e -> 5;
            default -> 0;
        };
    }

    private boolean settings(Buffer in, int length) {
        for (int at = HEADER; at + 6 <= HEADER + length; at += 6) {
            boolean initial = in.peek(at) == 0 && in.peek(at + 1) == INITIAL_WINDOW_SIZE;
            if (initial && in.peekInt(at + 2) < request.bodyLength()) {
                return false;
            }
        }
        Http2Request.header(link.out(), 0, Http2Request.SETTINGS, Http2Request.ACK, 0);
        link.flush();
        return true;
    }

    private void widen(int stream, int more) {
        if (stream == 0) {
            window += more;
            if (!bodies.isEmpty()) {
                writeBodies(link.out());
                link.flush();
            }
        }
    }

    // What is under way is still answered.
    private void goneAway() {
        goneAway = true;
        if (!isAsking()) {
            leaveConnection();
        }
    }

    private void complete(int stream) {
        int place = place(stream);
        if (place >= 0) {
            int status = statuses[place];
            answeredAt(place, status, goneAway && isLast() ? Next.SERVER_CLOSES : Next.ANOTHER);
        }
    }

    // Answers come in nearly any order, mostly that of the requests.
    private int place(int stream) {
        for (int i = 0; i < streams.length && expectsAnswer(); i++) {
            int place = nth(i);
            if (streams[place] == stream) {
                return place;
            }
        }
        return -1;
    }

    @Override
    void readEnd() {
        // A stream that has not ended is a failure: nothing to do here.
    }

    @Override
    boolean isAnswering() {
        return inData;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.sys.Datagrams;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams that wait to be sent: a batch that is filled, sent, and filled again from the start once all of it has
 * left. When the socket is full it waits for room; no more than one batch ever does.
 */
final class UdpOutputQueue {
    /** What one datagram carries at most (udp(7): 65,535 without the headers). */
    private static final int LONGEST = 65_507;

    /** The most pieces that the kernel cuts one into (UDP_MAX_SEGMENTS, 64 before Linux 6.9). */
    private static final int PIECES = 64;

    private final UdpSocket socket;
    private final int fd;
    private final int capacity;
    private final Watch room;
    private final Runnable later = this::release;
    private final int[] lengths;
    private final int[] segments;
    private @Nullable Datagrams batch;
    private int first;
    private int cutAt;
    private int end;
    private boolean flushing;
    private boolean blocked;
    private boolean denied;
    private boolean retried;

    /** The error for which it goes the second time, -errno. */
    private int told;

    private @Nullable String whyNot;

    UdpOutputQueue(UdpSocket socket, int fd, UdpOptions options) {
        this.socket = socket;
        this.fd = fd;
        this.capacity = options.batch();
        this.lengths = new int[capacity];
        this.segments = new int[capacity];
        this.room = socket.loop().watch(fd, Interest.WRITE, (watch, found) -> unblocked());
        int[] value = new int[1];
        int result = Sockets.getsockopt(fd, Datagrams.SOL_UDP, Datagrams.UDP_SEGMENT, value);
        this.whyNot = result < 0 ? "UDP_SEGMENT: " + Errno.describe(result) : null;
    }

    /** From now on what the kernel could cut is cut here. */
    void cutHere(String why) {
        whyNot = why;
    }

    @Nullable
    String whyNotSegmented() {
        return whyNot;
    }

    int pending() {
        return end - first;
    }

    boolean add(byte[] bytes, int offset, int length, byte @Nullable [] to) {
        return roomFor(1) && put(bytes, offset, length, to, 0);
    }

    boolean addSegments(byte[] bytes, int segment, byte @Nullable [] to) {
        int piece = segment * Math.max(1, Math.min(PIECES, LONGEST / segment));
        int pieces = (bytes.length + piece - 1) / piece;
        if (pieces > capacity) {
            throw new IllegalArgumentException(
                    bytes.length + " bytes are " + pieces + " pieces, a batch has room for " + capacity);
        }
        if (!roomFor(pieces)) {
            return false;
        }
        for (int at = 0; at < bytes.length; at += piece) {
            int length = Math.min(piece, bytes.length - at);
            put(bytes, at, length, to, length > segment ? segment : 0);
        }
        return true;
    }

    /** Makes room by sending, if there is none. */
    private boolean roomFor(int count) {
        if (end + count > capacity && !blocked) {
            flush();
        }
        denied = end + count > capacity;
        return !denied;
    }

    private boolean put(byte[] bytes, int offset, int length, byte @Nullable [] to, int segment) {
        if (length > LONGEST) {
            throw new IllegalArgumentException("a datagram carries at most " + LONGEST + " bytes, not " + length);
        }
        if (batch == null) {
            // 64 KiB for each are set aside by who sends, not by who only receives; the kernel gives pages when they
            // are used.
            batch = new Datagrams(capacity, LONGEST);
        }
        batch.put(end, bytes, offset, length);
        batch.address(end, to, segment);
        lengths[end] = length;
        segments[end] = segment;
        end++;
        if (!flushing) {
            flushing = true;
            socket.loop().execute(later);
        }
        return true;
    }

    /** Until {@link #release} nothing is sent but to make room. */
    void hold() {
        flushing = true;
    }

    void release() {
        flushing = false;
        if (socket.isOpen()) {
            flush();
        }
    }

    void flush() {
        while (first < end && !blocked && socket.isOpen() && batch != null) {
            boolean cut = segments[first] > 0 && whyNot != null;
            int sent = cut ? sendPiece() : batch.send(fd, first, end);
            if (sent > 0) {
                first += cut ? 0 : sent;
                retried = false;
            } else if (sent == -Errno.EAGAIN) {
                blocked = true;
                room.enable();
            } else if (sent != -Errno.EINTR) {
                failed(sent);
            }
        }
        if (first == end) {
            first = 0;
            end = 0;
        }
    }

    /** Sends the next piece of one that the kernel does not cut. */
    private int sendPiece() {
        int length = Math.min(segments[first], lengths[first] - cutAt);
        Datagrams filled = Objects.requireNonNull(batch);
        filled.piece(first, cutAt, length);
        int sent = filled.send(fd, first, first + 1);
        if (sent > 0) {
            cutAt += length;
            if (cutAt >= lengths[first]) {
                next();
            }
        }
        return sent;
    }

    private void next() {
        first++;
        cutAt = 0;
    }

    /**
     * What sendmmsg(2) says may be about an earlier datagram, which the network has refused meanwhile (udp(7)): then
     * this one goes the second time. If not, it is given up.
     */
    private void failed(int result) {
        boolean refused = result == -Errno.EIO || result == -Errno.EINVAL || result == -Errno.EOPNOTSUPP;
        if (segments[first] > 0 && whyNot == null && refused) {
            // A device that cannot do the checksums of the pieces, or a kernel before 4.18: cut here from now on.
            cutHere("UDP_SEGMENT: " + Errno.describe(result));
            return;
        }
        boolean again = retried && result == told && result != -Errno.ECONNREFUSED;
        if (retried) {
            next();
        }
        retried = !retried;
        told = result;
        if (again) {
            // The same error twice was its own from the start, and has been told.
            socket.forget(-result);
        } else {
            socket.failed(-result);
        }
    }

    private void unblocked() {
        blocked = false;
        room.disable();
        flush();
        if (denied && first == end && socket.isOpen()) {
            denied = false;
            socket.receiver().writable(socket);
        }
    }

    void close() {
        room.disable();
        batch = null;
        first = 0;
        end = 0;
    }
}

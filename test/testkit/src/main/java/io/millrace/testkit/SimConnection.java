// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import io.millrace.core.Buffer;
import io.millrace.poll.Interest;
import io.millrace.sys.Errno;

/**
 * One simulated TCP connection with both ends: the server's, which the loop uses through {@link SimKernel}, and the
 * client's, which a {@link SimClient} uses.
 *
 * <pre>
 *   client ──send──► flying ──arrive──► received ──recv──► server
 *   client ◄──read── sent ◄──────────────────────send──── server
 * </pre>
 */
public final class SimConnection {
    private final SimKernel kernel;
    private final Buffer flying = new Buffer();
    private final Buffer received = new Buffer();
    private final Buffer sent = new Buffer();

    /** The server's descriptor, -1 before it is accepted and after it is closed. */
    int fd = -1;

    private boolean clientFinished;
    private boolean endArrived;
    private boolean endRead;
    private boolean serverFinished;
    private boolean serverClosed;

    /** The client has been sent the end of the server's stream. */
    private boolean endSent;

    private boolean reset;

    /** What a reset has left for the next call of the server's end (SO_ERROR, socket(7)), or 0. */
    private int pendingError;

    private boolean full;

    /** Makes records of what the server sends, or {@code null}. */
    private SimTls tls;

    private boolean accepted;

    SimConnection(SimKernel kernel) {
        this.kernel = kernel;
    }

    // ---- the client's end ----

    /** Sends bytes; they arrive bit by bit. */
    public void send(byte[] bytes, int offset, int length) {
        if (!reset && !clientFinished) {
            flying.append(bytes, offset, length);
        }
    }

    /** Sends the end of the stream. */
    public void finish() {
        clientFinished = true;
    }

    /** Breaks the connection off: what is still flying is lost. One whose both streams have ended is over already. */
    public void reset() {
        if (!reset && (stands() || kernel.faults.overtaking)) {
            reset = true;
            // After the end of the stream no reader waits for more: the error is one of sending (tcp_reset in Linux).
            pendingError = endArrived ? Errno.EPIPE : Errno.ECONNRESET;
            flying.clear();
            sent.clear();
            stateChanged();
        }
    }

    /**
     * Reads up to {@code length} bytes: how many, 0 for none yet, -1 for the end, -2 for a connection that was broken
     * off.
     */
    public int read(byte[] into, int offset, int length) {
        if (!sent.isEmpty()) {
            int n = sent.take(into, offset, length);
            // As Linux does: room is reported only to who was told that there was none, and not for every byte of it.
            if (full && sent.readable() <= 2 * kernel.faults.sendWindow / 3) {
                full = false;
                changed(Interest.WRITE);
            }
            return n;
        }
        if (reset && (kernel.faults.overtaking || !endSent)) {
            return -2;
        }
        return endSent ? -1 : 0;
    }

    /** Whether the server has taken the connection from its queue. */
    public boolean accepted() {
        return accepted;
    }

    /** Whether it has been broken off, by either end. */
    boolean isBroken() {
        return reset;
    }

    /** Whether there is still a connection: not after a reset, and not after the end of both streams. */
    boolean stands() {
        return !reset && !(endArrived && serverFinished);
    }

    /** Bytes that have arrived and that the server has not received. */
    int unreceived() {
        return received.readable();
    }

    /** Bytes that the server has sent and that the client has not read. */
    int unread() {
        return sent.readable();
    }

    /** Whether something sent has not arrived. */
    boolean isFlying() {
        return !serverClosed && !reset && (!flying.isEmpty() || (clientFinished && !endArrived));
    }

    /** Lets some of what flies arrive; {@code false} if nothing could. */
    boolean arrive() {
        if (!isFlying()) {
            return false;
        }
        if (serverSideGone()) {
            return true;
        }
        int room = kernel.faults.receiveWindow - received.readable();
        int n = Math.min(flying.readable(), room);
        if (n > 0) {
            n = kernel.faults.happens(kernel.faults.slowArrival) ? 1 + kernel.faults.random.nextInt(n) : n;
            received.append(flying.array(), flying.head(), n);
            flying.consume(n);
            changed(Interest.READ);
            return true;
        }
        if (flying.isEmpty() && clientFinished) {
            endArrived = true;
            stateChanged();
            return true;
        }
        return false;
    }

    /**
     * Data for a socket that is closed is answered with RST, which can overtake and destroy what the client has not
     * read yet.
     */
    private boolean serverSideGone() {
        if (accepted && fd < 0 && !flying.isEmpty()) {
            breakOff();
            return true;
        }
        return false;
    }

    private void breakOff() {
        reset = true;
        flying.clear();
        if (kernel.faults.overtaking) {
            sent.unwrite(kernel.faults.random.nextInt(sent.readable() + 1));
        }
    }

    // ---- the server's end ----

    void accepted(int descriptor) {
        fd = descriptor;
        accepted = true;
    }

    int serverReceive(byte[] into, int offset, int length) {
        if (!received.isEmpty()) {
            return received.take(into, offset, length);
        }
        if (endArrived) {
            kernel.check(!endRead || reset, "the end of the stream was read twice");
            endRead = true;
            return 0;
        }
        if (pendingError != 0) {
            return takeError();
        }
        return reset ? 0 : -Errno.EAGAIN;
    }

    /** From now on what the server sends leaves in records. */
    void protect(SimTls records) {
        kernel.check(tls == null, "TLS was put on a socket twice");
        tls = records;
    }

    /** A record has room as a whole or not at all. */
    int serverSendRecord(int type, byte[] content, int offset, int length) {
        kernel.check(tls != null, "a record on a socket without TLS");
        int n = admit(length);
        if (n > 0) {
            tls.seal(type, content, offset, length, sent);
        }
        return n > 0 ? length : n;
    }

    int serverSend(byte[] from, int offset, int length) {
        int n = admit(tls == null ? length : Math.min(length, SimTls.MOST));
        if (n > 0 && tls != null) {
            tls.seal(SimTls.DATA, from, offset, n, sent);
        } else if (n > 0) {
            sent.append(from, offset, n);
        }
        return n;
    }

    /** How many of so many bytes there is room for, or -errno. */
    private int admit(int length) {
        kernel.check(!serverFinished, "send after shutdown");
        if (reset) {
            return pendingError != 0 ? takeError() : -Errno.EPIPE;
        }
        int room = kernel.faults.sendWindow - sent.readable();
        if (room <= 0 || full) {
            full = true;
            return -Errno.EAGAIN;
        }
        int n = Math.min(length, room);
        if (n > 1 && kernel.faults.happens(kernel.faults.shortSend)) {
            n = 1 + kernel.faults.random.nextInt(n - 1);
            // The kernel takes less only when it has no room for more; that there is room again will be an edge.
            full = true;
            kernel.later(this);
        }
        full |= n < length;
        return n;
    }

    /** Room that had been denied for no reason is there again. */
    void roomAgain() {
        if (full && sent.readable() < kernel.faults.sendWindow) {
            full = false;
            changed(Interest.WRITE);
        }
    }

    /** The error that a call is told, and no other call after it. */
    private int takeError() {
        int error = pendingError;
        pendingError = 0;
        return -error;
    }

    int shutdown() {
        int result = stands() ? 0 : -Errno.ENOTCONN;
        serverFinished = true;
        endSent |= !reset;
        stateChanged();
        return result;
    }

    /** close(2) with SO_LINGER of 0. */
    void abort() {
        reset = true;
        flying.clear();
        if (kernel.faults.overtaking) {
            sent.clear();
        }
    }

    /** close(2): with unread input the kernel answers with RST. */
    void close() {
        fd = -1;
        serverClosed = true;
        if (!received.isEmpty() || (!flying.isEmpty() && kernel.faults.random.nextBoolean())) {
            breakOff();
        }
        endSent |= !reset;
    }

    /** What poll would say now, {@link Interest} bits. */
    int level() {
        int bits = 0;
        if (!received.isEmpty() || endArrived || reset) {
            bits |= Interest.READ;
        }
        if ((!full && sent.readable() < kernel.faults.sendWindow) || reset || serverFinished) {
            bits |= Interest.WRITE;
        }
        if (endArrived || reset) {
            bits |= Interest.PEER_CLOSED;
        }
        if (reset || (endArrived && serverFinished)) {
            bits |= Interest.HANGUP;
        }
        return pendingError != 0 ? bits | Interest.ERROR : bits;
    }

    /** Linux wakes all that watch, whatever for: with edge trigger what is true then is reported once more. */
    private void stateChanged() {
        changed(~0);
    }

    private void changed(int edge) {
        if (fd >= 0) {
            kernel.reporter.changed(fd, edge);
        }
    }

    @Override
    public String toString() {
        return "descriptor " + fd + " (flying " + flying.readable() + ", received " + received.readable() + ", sent "
                + sent.readable() + (clientFinished ? ", client finished" : "") + (endArrived ? ", end arrived" : "")
                + (endRead ? ", end read" : "") + (serverFinished ? ", server finished" : "")
                + (serverClosed ? ", server closed" : "") + (reset ? ", reset" : "") + (full ? ", full" : "")
                + (accepted ? "" : ", not accepted") + ")";
    }
}

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
    private boolean reset;
    private boolean resetTold;
    private boolean full;
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

    /** Breaks the connection off: what is still flying is lost. */
    public void reset() {
        if (!reset) {
            reset = true;
            flying.clear();
            sent.clear();
            changed(~0);
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
        if (reset) {
            return -2;
        }
        return serverFinished || serverClosed ? -1 : 0;
    }

    /** Whether the server has taken the connection from its queue. */
    public boolean accepted() {
        return accepted;
    }

    /** Whether something sent has not arrived. */
    boolean isFlying() {
        return !serverClosed && !reset && (!flying.isEmpty() || clientFinished && !endArrived);
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
            changed(Interest.READ | Interest.PEER_CLOSED);
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
        sent.unwrite(kernel.faults.random.nextInt(sent.readable() + 1));
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
        if (reset) {
            if (!resetTold) {
                resetTold = true;
                return -Errno.ECONNRESET;
            }
            return 0;
        }
        if (endArrived) {
            kernel.check(!endRead, "the end of the stream was read twice");
            endRead = true;
            return 0;
        }
        return -Errno.EAGAIN;
    }

    int serverSend(byte[] from, int offset, int length) {
        kernel.check(!serverFinished, "send after shutdown");
        if (reset) {
            return -Errno.EPIPE;
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
        sent.append(from, offset, n);
        return n;
    }

    /** Room that had been denied for no reason is there again. */
    void roomAgain() {
        if (full && sent.readable() < kernel.faults.sendWindow) {
            full = false;
            changed(Interest.WRITE);
        }
    }

    void shutdown() {
        serverFinished = true;
        if (endArrived) {
            changed(Interest.HANGUP);
        }
    }

    /** close(2) with SO_LINGER of 0. */
    void abort() {
        reset = true;
        flying.clear();
        sent.clear();
    }

    /** close(2): with unread input the kernel answers with RST. */
    void close() {
        fd = -1;
        serverClosed = true;
        if (!received.isEmpty() || !flying.isEmpty() && kernel.faults.random.nextBoolean()) {
            breakOff();
        }
    }

    /** What poll would say now, {@link Interest} bits. */
    int level() {
        int bits = 0;
        if (!received.isEmpty() || endArrived || reset) {
            bits |= Interest.READ;
        }
        if (!full && sent.readable() < kernel.faults.sendWindow || reset) {
            bits |= Interest.WRITE;
        }
        if (endArrived || reset) {
            bits |= Interest.PEER_CLOSED;
        }
        if (reset || endArrived && serverFinished) {
            bits |= Interest.HANGUP;
        }
        return reset ? bits | Interest.ERROR : bits;
    }

    private void changed(int edge) {
        if (fd >= 0) {
            kernel.poller.changed(fd, edge);
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

// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.ring.Ring;
import io.millrace.sys.SysException;
import java.io.PrintStream;
import java.net.SocketAddress;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that prints, turn by turn, what the real one reported and what the loop did: descriptors, flags and errors
 * by name, numbers of bytes, times.
 *
 * <pre>
 *   0.104133 millrace-0   turn 4: epoll, no limit, waited 71.240 ms = 1
 *   0.104201 millrace-0     reported: 12 READ
 *   0.104390 millrace-0     recv 12 (65536) = 6
 *   0.104544 millrace-0     send 12 (6) = 6
 * </pre>
 *
 * <p>It shows, for example, that level trigger reports again and edge trigger once. It is another implementation of the
 * loop's one door to the kernel, so it costs nothing when it is not used:
 * {@code LoopGroup.open(TracedKernel.over(Kernel.host(), System.err), 1, Engine.EPOLL_LEVEL)}.
 */
public final class TracedKernel extends Kernel {
    private final Kernel kernel;
    private final Trace trace;

    private TracedKernel(Kernel kernel, Trace trace) {
        this.kernel = kernel;
        this.trace = trace;
    }

    /**
     * Returns a kernel that prints the calls on {@code kernel} to {@code out}, addresses as they are. Several threads
     * may use it.
     */
    public static TracedKernel over(Kernel kernel, PrintStream out) {
        return over(kernel, new Trace(out, "", UnaryOperator.identity()));
    }

    /** Returns a kernel that writes the calls on {@code kernel} to a trace. Several threads may use it. */
    public static TracedKernel over(Kernel kernel, Trace trace) {
        return new TracedKernel(kernel, trace);
    }

    Trace trace() {
        return trace;
    }

    @Override
    public Poller poller(PollerKind kind, int capacity) throws SysException {
        return new TracedPoller(kernel.poller(kind, capacity), trace);
    }

    @Override
    public Ring ring(int submissions, int completions) throws SysException {
        return kernel.ring(submissions, completions);
    }

    @Override
    public int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException {
        return (int) trace.called("listen " + address, kernel.listen(address, flags, sharing));
    }

    @Override
    public void unlinkSocket(SocketAddress address) throws SysException {
        kernel.unlinkSocket(address);
    }

    @Override
    public int connect(SocketAddress to, @Nullable SocketAddress from) {
        return (int) trace.called("connect " + to, kernel.connect(to, from));
    }

    @Override
    public int connected(int fd) {
        return (int) trace.called("connected " + fd, kernel.connected(fd));
    }

    @Override
    public int accept(int listener, RawSockaddr peer) {
        return (int) trace.called("accept " + listener, kernel.accept(listener, peer));
    }

    @Override
    public int adopt(int fd) {
        return (int) trace.called("adopt " + fd, kernel.adopt(fd));
    }

    @Override
    public int unblock(int fd) {
        return (int) trace.called("fcntl " + fd + " O_NONBLOCK", kernel.unblock(fd));
    }

    @Override
    public int receive(int fd, byte[] into, int offset, int length) {
        return (int) trace.called("recv " + fd + " (" + length + ")", kernel.receive(fd, into, offset, length));
    }

    @Override
    public int send(int fd, byte[] from, int offset, int length, boolean more) {
        String call = "send " + fd + " (" + length + (more ? ", more" : "") + ")";
        return (int) trace.called(call, kernel.send(fd, from, offset, length, more));
    }

    @Override
    public long sendFile(int fd, int file, long position, long count) {
        String call = "sendfile " + fd + " from " + file + " (" + position + ", " + count + ")";
        return trace.called(call, kernel.sendFile(fd, file, position, count));
    }

    @Override
    public int pipe(int[] ends, int room) {
        return (int) trace.called("pipe (" + room + ")", kernel.pipe(ends, room));
    }

    @Override
    public long splice(int from, int to, long count, boolean more) {
        return trace.called("splice " + from + " to " + to + " (" + count + ")", kernel.splice(from, to, count, more));
    }

    @Override
    public int setNotsentLowat(int fd) {
        return (int) trace.called("setsockopt " + fd + " TCP_NOTSENT_LOWAT", kernel.setNotsentLowat(fd));
    }

    @Override
    public int protectOutput(int fd, int cipher, byte[] key, byte[] iv, long sequence) {
        return (int) trace.called("setsockopt " + fd + " TLS_TX", kernel.protectOutput(fd, cipher, key, iv, sequence));
    }

    @Override
    public int sendRecord(int fd, int type, byte[] content, int offset, int length) {
        return (int)
                trace.called("sendmsg " + fd + " record " + type, kernel.sendRecord(fd, type, content, offset, length));
    }

    @Override
    public int unsent(int fd) {
        return (int) trace.called("ioctl " + fd + " SIOCOUTQNSD", kernel.unsent(fd));
    }

    @Override
    public int shutdown(int fd) {
        return (int) trace.called("shutdown " + fd, kernel.shutdown(fd));
    }

    @Override
    public int close(int fd) {
        return (int) trace.called("close " + fd, kernel.close(fd));
    }

    @Override
    public int abort(int fd) {
        return (int) trace.called("abort " + fd, kernel.abort(fd));
    }

    @Override
    public int reserveDescriptor() {
        return kernel.reserveDescriptor();
    }

    @Override
    public @Nullable SocketAddress local(int fd) {
        return kernel.local(fd);
    }

    @Override
    public int peer(int fd, RawSockaddr peer) {
        return (int) trace.called("getpeername " + fd, kernel.peer(fd, peer));
    }

    @Override
    public @Nullable SocketAddress peer(int fd) {
        return kernel.peer(fd);
    }

    @Override
    public long nanos() {
        return kernel.nanos();
    }

    @Override
    public long descriptorLimit() {
        return kernel.descriptorLimit();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.sys.Datagrams;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.ErrorQueue;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A UDP socket on a loop: many datagrams in each system call (recvmmsg(2), sendmmsg(2)), all of them shown in one view.
 * What is sent leaves at the latest at the end of the loop's turn. Everything here is for the loop's thread.
 */
public final class UdpSocket implements AutoCloseable {
    /** Calls for one event: then the others have their turn, and the event comes again. */
    private static final int CALLS_A_TURN = 8;

    private final EventLoop loop;
    private final UdpReceiver receiver;
    private final Datagrams inbox;
    private final Datagram view;
    private final UdpOutputQueue outputQueue;
    private final UdpGroups groups;
    private final Watch readable;

    /** {@code null} where it is not wanted, or the kernel cannot. */
    private final @Nullable ErrorQueue errors;

    private final byte[] refuser = new byte[SocketAddresses.SIZE_IN6];
    private final Runnable end = this::close;
    private int fd;

    private UdpSocket(EventLoop loop, int fd, UdpOptions options, UdpReceiver receiver) {
        this.loop = loop;
        this.fd = fd;
        this.receiver = receiver;
        this.inbox = new Datagrams(options.batch(), options.room());
        this.view = new Datagram(options.room());
        this.outputQueue = new UdpOutputQueue(this, fd, options);
        this.groups = new UdpGroups(fd, options.address());
        this.readable = loop.watch(fd, Interest.READ, (watch, found) -> receive(found));
        boolean six = SocketAddresses.family(options.address()) == Sockets.AF_INET6;
        this.errors = options.errors() && ErrorQueue.keep(fd, six) == 0 ? new ErrorQueue() : null;
    }

    /**
     * Opens a socket on a loop. On the loop.
     *
     * @throws SysException naming the call that failed and the address
     * @throws IllegalStateException on another thread than the loop's
     */
    public static UdpSocket open(EventLoop loop, UdpOptions options, UdpReceiver receiver) throws SysException {
        Objects.requireNonNull(receiver, "receiver");
        if (!loop.inLoop()) {
            throw new IllegalStateException("a UDP socket is opened on its loop");
        }
        InetSocketAddress address = options.address();
        int fd = Sockets.socket(
                SocketAddresses.family(address), Sockets.SOCK_DGRAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw new SysException("socket", fd, address);
        }
        try {
            prepare(fd, options);
            byte[] struct = SocketAddresses.encode(address);
            check("bind", Sockets.bind(fd, struct, struct.length), address);
        } catch (SysException e) {
            Descriptors.close(fd);
            throw e;
        }
        UdpSocket socket = new UdpSocket(loop, fd, options, receiver);
        loop.attach(socket.end);
        int result = socket.readable.enable();
        if (result < 0) {
            socket.close();
            throw new SysException("epoll_ctl", result, address);
        }
        return socket;
    }

    private static void prepare(int fd, UdpOptions options) throws SysException {
        InetSocketAddress address = options.address();
        boolean six = SocketAddresses.family(address) == Sockets.AF_INET6;
        if (six) {
            int only = address.getAddress().isAnyLocalAddress() ? 0 : 1;
            option("IPV6_V6ONLY", fd, Sockets.IPPROTO_IPV6, Sockets.IPV6_V6ONLY, only, address);
        }
        if (options.share()) {
            option("SO_REUSEADDR", fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEADDR, 1, address);
            option("SO_REUSEPORT", fd, Sockets.SOL_SOCKET, Sockets.SO_REUSEPORT, 1, address);
        }
        if (options.broadcast()) {
            option("SO_BROADCAST", fd, Sockets.SOL_SOCKET, Sockets.SO_BROADCAST, 1, address);
        }
        if (options.buffer() > 0) {
            option("SO_RCVBUF", fd, Sockets.SOL_SOCKET, Sockets.SO_RCVBUF, options.buffer(), address);
            option("SO_SNDBUF", fd, Sockets.SOL_SOCKET, Sockets.SO_SNDBUF, options.buffer(), address);
        }
        if (options.merge()) {
            // Older than Linux 5.0: then they come one by one, which shows only in the time it takes.
            Sockets.setsockopt(fd, Datagrams.SOL_UDP, Datagrams.UDP_GRO, 1);
        }
        // Else a socket hears every group that any program of this machine has joined (ip(7) IP_MULTICAST_ALL).
        Sockets.setsockopt(fd, Datagrams.IPPROTO_IP, Datagrams.IP_MULTICAST_ALL, 0);
        if (six) {
            Sockets.setsockopt(fd, Sockets.IPPROTO_IPV6, Datagrams.IPV6_MULTICAST_ALL, 0);
        }
    }

    private static void option(String call, int fd, int level, int name, int value, Object subject)
            throws SysException {
        check(call, Sockets.setsockopt(fd, level, name, value), subject);
    }

    static void check(String call, int result, Object subject) throws SysException {
        if (result < 0) {
            throw new SysException(call, result, subject);
        }
    }

    /** The loop. */
    public EventLoop loop() {
        return loop;
    }

    /**
     * The address it is bound to, with the port that was chosen where 0 was asked for; {@code null} once it is closed.
     */
    public @Nullable InetSocketAddress local() {
        byte[] struct = new byte[SocketAddresses.SIZE_IN6];
        return fd < 0 || Sockets.getsockname(fd, struct) < 0 ? null : SocketAddresses.decode(struct);
    }

    /** Receives from this peer only from now on, sends to it, and is told what the network says of it. */
    public UdpSocket connect(InetSocketAddress peer) throws SysException {
        byte[] struct = SocketAddresses.encode(peer);
        check("connect", fd < 0 ? -Errno.EBADF : Sockets.connect(fd, struct, struct.length), peer);
        return this;
    }

    /** Multicast: joining and leaving groups, and how datagrams go to them. */
    public UdpGroups groups() {
        return groups;
    }

    // ---- receiving ----

    private void receive(int found) {
        // What is sent meanwhile leaves together, without a task of its own.
        outputQueue.hold();
        try {
            if ((found & Interest.ERROR) != 0) {
                tellErrors();
            }
            receiveAll();
        } finally {
            outputQueue.release();
        }
    }

    private void receiveAll() {
        Throwable thrown = null;
        for (int call = 0; call < CALLS_A_TURN && fd >= 0; call++) {
            int count = inbox.receive(fd, inbox.count());
            if (count == -Errno.EAGAIN) {
                if (call == 0) {
                    // Ready for nothing: select tells of errors as of something to read (select(2)).
                    tellErrors();
                }
                break;
            }
            if (count < 0 && count != -Errno.EINTR) {
                failed(-count);
            }
            for (int i = 0; i < count && fd >= 0; i++) {
                try {
                    tell(i);
                } catch (RuntimeException | Error e) {
                    // One datagram that is not understood must not take those along that came with it.
                    thrown = e;
                }
            }
            if (count >= 0 && count < inbox.count()) {
                break;
            }
        }
        if (thrown instanceof Error error) {
            throw error;
        } else if (thrown != null) {
            throw (RuntimeException) thrown;
        }
    }

    /** A call failed: for a reason of its own, or for what the network has said of an earlier datagram. */
    void failed(int errno) {
        if (!tellErrors()) {
            receiver.failed(errno, this);
        }
    }

    /** An error has been told already: the queue may hold it once more. What else it holds is told. */
    void forget(int errno) {
        int error = nextError();
        if (error > 0 && error != errno) {
            receiver.refused(SocketAddresses.decode(refuser), error, this);
        }
    }

    /** Tells what the network has refused since; whether there was anything. */
    private boolean tellErrors() {
        boolean told = false;
        for (int error = nextError(); error > 0 || error == -Errno.EINTR; error = nextError()) {
            if (error > 0) {
                told = true;
                receiver.refused(SocketAddresses.decode(refuser), error, this);
            }
        }
        return told;
    }

    private int nextError() {
        return errors == null || fd < 0 ? 0 : errors.take(fd, refuser);
    }

    private void tell(int index) {
        int length = inbox.copy(index, view.bytes);
        int segment = inbox.segment(index);
        inbox.address(index, view.sender);
        if (segment <= 0) {
            show(0, length, Math.max(length, inbox.length(index)));
            return;
        }
        for (int at = 0; at < length && fd >= 0; at += segment) {
            int part = Math.min(segment, length - at);
            show(at, part, part);
        }
    }

    private void show(int offset, int length, int fullLength) {
        view.offset = offset;
        view.length = length;
        view.fullLength = fullLength;
        receiver.received(view, this);
    }

    // ---- sending ----

    /**
     * Sends a datagram: the bytes are copied at once, and leave by the end of the loop's turn.
     *
     * @param to the receiver, or {@code null} for the peer that the socket is connected to
     * @return {@code false} if there is no room and it was not taken: {@link UdpReceiver#writable} tells when there is
     */
    public boolean send(byte[] bytes, int offset, int length, InetSocketAddress to) {
        return fd >= 0 && outputQueue.add(bytes, offset, length, to == null ? null : SocketAddresses.encode(to));
    }

    /** Sends a datagram to the sender of another, without making anything anew; else as {@link #send}. */
    public boolean reply(Datagram to, byte[] bytes, int offset, int length) {
        return fd >= 0 && outputQueue.add(bytes, offset, length, to.sender);
    }

    /**
     * Sends many bytes as datagrams of {@code segment} bytes each, the last one perhaps shorter: cut by the kernel
     * where it can (udp(7) UDP_SEGMENT), which costs far less than one by one. All of it is taken, or nothing.
     *
     * @return {@code false} if there is no room
     * @throws IllegalArgumentException for a segment below one byte
     */
    public boolean sendSegments(byte[] bytes, int segment, InetSocketAddress to) {
        if (segment < 1) {
            throw new IllegalArgumentException("a segment has at least one byte");
        }
        return fd >= 0 && outputQueue.addSegments(bytes, segment, to == null ? null : SocketAddresses.encode(to));
    }

    /**
     * Why the kernel does not cut what {@link #sendSegments} is given, or {@code null} if it does, as far as is known.
     */
    public @Nullable String whyNotSegmented() {
        return outputQueue.whyNotSegmented();
    }

    /** Sends what waits now, not only at the end of the turn. */
    public void flush() {
        if (fd >= 0) {
            outputQueue.flush();
        }
    }

    /** How many datagrams wait to be sent; one that the kernel is to cut counts as one. */
    public int pending() {
        return outputQueue.pending();
    }

    UdpOutputQueue outputQueue() {
        return outputQueue;
    }

    UdpReceiver receiver() {
        return receiver;
    }

    boolean isOpen() {
        return fd >= 0;
    }

    /** Closes it at once; datagrams that have not left are lost, as any datagram may be. */
    @Override
    public void close() {
        if (fd < 0) {
            return;
        }
        readable.disable();
        outputQueue.close();
        Descriptors.close(fd);
        fd = -1;
        loop.detach(end);
    }

    @Override
    public String toString() {
        return "UdpSocket[" + local() + "]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.net;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.socket.Kernel;
import io.millrace.socket.UnixPeer;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import io.millrace.sys.UnixSockets;
import io.millrace.sys.UnixSockets.Rights;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connected Unix socket over which descriptors travel with bytes (unix(7) SCM_RIGHTS): a process hands its listening
 * sockets to its successor, or a connection to another process, which takes it over by
 * {@link io.millrace.transport.Connections#adopt} or listens on it as an {@link io.millrace.socket.InheritedSocket}. On
 * the loop's thread only.
 *
 * <p>Over a stream the bytes have no boundaries, but descriptors come with the first byte that they were sent with, and
 * never with bytes that were sent before; over SOCK_SEQPACKET each message comes as it was sent.
 */
public final class DescriptorChannel implements AutoCloseable {
    /** How many messages may wait to be sent. */
    private static final int MOST_WAITING = 64;

    /** Calls for one event: then the others have their turn, and the event comes again. */
    private static final int CALLS_A_TURN = 8;

    private static final int[] NONE = {};
    private static final Kernel KERNEL = Kernel.host();

    /** What happens to a channel. Called on the loop. */
    @FunctionalInterface
    public interface Receiver {

        /**
         * Something has come.
         *
         * @param bytes begins with what came; reused, so what is to last is copied
         * @param length how many bytes came, at least one
         * @param descriptors came with them: closed on exec, the receiver's from now on, to be closed by it
         */
        void received(byte[] bytes, int length, int[] descriptors, DescriptorChannel channel);

        /**
         * Descriptors were sent that this process had no room for, and are lost; called before what came with them is
         * told.
         */
        default void lost(DescriptorChannel channel) {}

        /** After {@link DescriptorChannel#send} had no room: there is room again. */
        default void writable(DescriptorChannel channel) {}

        /** The channel has ended by itself and is closed: the end of the stream, 0, or a positive error number. */
        default void ended(int errno, DescriptorChannel channel) {}
    }

    private record Message(byte[] bytes, Rights rights) {}

    private final EventLoop loop;
    private final Receiver receiver;
    private final Watch readable;
    private final Watch writable;
    private final Runnable end = this::close;
    private final byte[] bytes = new byte[64 * 1024];
    private final Rights rights = new Rights(UnixSockets.SCM_MAX_FD);
    private final Deque<Message> waiting = new ArrayDeque<>();
    private boolean denied;
    private int fd;

    private DescriptorChannel(EventLoop loop, int fd, Receiver receiver) {
        this.loop = loop;
        this.fd = fd;
        this.receiver = receiver;
        this.readable = loop.watch(fd, Interest.READ, (watch, found) -> receive());
        this.writable = loop.watch(fd, Interest.WRITE, (watch, found) -> flush());
    }

    /**
     * Takes a connected Unix socket over, one end of {@link #pair} for instance. On the loop.
     *
     * @throws SysException if it is none; the descriptor is still the caller's then
     * @throws IllegalStateException on another thread than the loop's
     */
    public static DescriptorChannel open(EventLoop loop, int fd, Receiver receiver) throws SysException {
        Objects.requireNonNull(receiver, "receiver");
        if (!loop.inLoop()) {
            throw new IllegalStateException("a channel is opened on its loop");
        }
        if (!(KERNEL.peer(fd) instanceof UnixPeer)) {
            throw new SysException(
                    "getpeername", Errno.ENOTCONN, "descriptor " + fd + ", which is no connected Unix socket");
        }
        int flags = Descriptors.fcntl(fd, Descriptors.F_GETFL, 0);
        Descriptors.fcntl(fd, Descriptors.F_SETFL, flags | Descriptors.O_NONBLOCK);
        Descriptors.fcntl(fd, Descriptors.F_SETFD, Descriptors.FD_CLOEXEC);
        DescriptorChannel channel = new DescriptorChannel(loop, fd, receiver);
        int result = channel.readable.enable();
        if (result < 0) {
            throw new SysException("epoll_ctl", result, "descriptor " + fd);
        }
        loop.attach(channel.end);
        return channel;
    }

    /**
     * Two connected sockets that keep the boundaries of messages: one for here, one for the process that is to have the
     * other end.
     *
     * @throws SysException if the process has no descriptors left
     */
    public static int[] pair() throws SysException {
        int[] pair = new int[2];
        int result = Sockets.socketpair(Sockets.AF_UNIX, Sockets.SOCK_SEQPACKET | Sockets.SOCK_CLOEXEC, 0, pair);
        if (result < 0) {
            throw new SysException("socketpair", result, "AF_UNIX");
        }
        return pair;
    }

    /** Who is at the other end, or {@code null} once it is closed. */
    public @Nullable UnixPeer peer() {
        return fd < 0 ? null : (UnixPeer) KERNEL.peer(fd);
    }

    // ---- receiving ----

    private void receive() {
        for (int call = 0; call < CALLS_A_TURN && fd >= 0; call++) {
            int n = UnixSockets.receive(fd, bytes, 0, bytes.length, rights);
            if (n == -Errno.EAGAIN) {
                return;
            }
            if (n > 0) {
                tell(n);
            } else if (n != -Errno.EINTR) {
                over(-n);
            }
        }
    }

    private void tell(int length) {
        int[] descriptors = rights.count == 0 ? NONE : Arrays.copyOf(rights.descriptors, rights.count);
        if (rights.truncated) {
            tellLost();
        }
        receiver.received(bytes, length, descriptors, this);
    }

    /** Those that have come are on their way to the receiver, whatever it does about those that have not. */
    private void tellLost() {
        try {
            receiver.lost(this);
        } catch (Throwable t) {
            NetLog.error("whoever is told of lost descriptors failed", t);
        }
    }

    private void over(int errno) {
        close();
        receiver.ended(errno, this);
    }

    // ---- sending ----

    /**
     * Sends bytes, at least one, and copies of descriptors with them; those given stay the caller's and may be closed
     * at once.
     *
     * @return {@code false} if too much waits already and nothing was taken: {@link Receiver#writable} tells when there
     *     is room
     * @throws IllegalArgumentException for no bytes, more than 64 KiB of them, or more than
     *     {@link UnixSockets#SCM_MAX_FD} descriptors
     * @throws SysException if a descriptor is none, or this process has no room for the copies that have to wait
     */
    public boolean send(byte[] message, int offset, int length, int... descriptors) throws SysException {
        if (length < 1 || length > bytes.length || descriptors.length > UnixSockets.SCM_MAX_FD) {
            throw new IllegalArgumentException("1 to " + bytes.length + " bytes with up to " + UnixSockets.SCM_MAX_FD
                    + " descriptors, not " + length + " with " + descriptors.length);
        }
        if (fd < 0) {
            return false;
        }
        denied = waiting.size() >= MOST_WAITING;
        if (denied) {
            return false;
        }
        Rights sent = new Rights(descriptors.length);
        for (int descriptor : descriptors) {
            sent.descriptors[sent.count++] = descriptor;
        }
        int n = waiting.isEmpty() ? UnixSockets.send(fd, message, offset, length, sent) : -Errno.EAGAIN;
        if (n < 0 && n != -Errno.EAGAIN && n != -Errno.EINTR && n != -Errno.EPIPE && n != -Errno.ECONNRESET) {
            throw new SysException("sendmsg", n, "descriptors " + Arrays.toString(descriptors));
        }
        if (n < length) {
            // Broken off: the end is told when it is read, not within this call.
            await(
                    Arrays.copyOfRange(message, offset + Math.max(n, 0), offset + length),
                    n > 0 ? new Rights(0) : copies(sent));
        }
        return true;
    }

    /** Until they are sent they must stay open, whatever their owner does. */
    private static Rights copies(Rights rights) throws SysException {
        Rights copies = new Rights(rights.count);
        for (int i = 0; i < rights.count; i++) {
            int copy = Descriptors.fcntl(rights.descriptors[i], Descriptors.F_DUPFD_CLOEXEC, 0);
            if (copy < 0) {
                release(copies);
                throw new SysException("fcntl F_DUPFD", copy, "descriptor " + rights.descriptors[i]);
            }
            copies.descriptors[copies.count++] = copy;
        }
        return copies;
    }

    private static void release(Rights rights) {
        for (int i = 0; i < rights.count; i++) {
            Descriptors.close(rights.descriptors[i]);
        }
        rights.count = 0;
    }

    private void await(byte[] rest, Rights copies) {
        waiting.add(new Message(rest, copies));
        writable.enable();
    }

    private void flush() {
        while (!waiting.isEmpty()) {
            Message message = waiting.peek();
            int n = UnixSockets.send(fd, message.bytes, 0, message.bytes.length, message.rights);
            if (n == -Errno.EAGAIN) {
                return;
            }
            if (n < 0 && n != -Errno.EINTR) {
                // There is no receiver for it. What they have sent before comes first, and then the end.
                drop();
            }
            if (n > 0) {
                release(message.rights);
                waiting.remove();
                if (n < message.bytes.length) {
                    waiting.addFirst(
                            new Message(Arrays.copyOfRange(message.bytes, n, message.bytes.length), message.rights));
                }
            }
        }
        writable.disable();
        if (denied) {
            denied = false;
            receiver.writable(this);
        }
    }

    private void drop() {
        waiting.forEach(message -> release(message.rights));
        waiting.clear();
    }

    /** How many messages wait to be sent. */
    public int pending() {
        return waiting.size();
    }

    /** Closes it at once; what waits to be sent is dropped, and its copies of descriptors are closed. */
    @Override
    public void close() {
        if (fd < 0) {
            return;
        }
        readable.disable();
        writable.disable();
        drop();
        Descriptors.close(fd);
        fd = -1;
        loop.detach(end);
    }

    @Override
    public String toString() {
        return "DescriptorChannel[" + (fd < 0 ? "closed" : "descriptor " + fd) + "]";
    }
}

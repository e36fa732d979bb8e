// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.sys.Errno;
import io.millrace.sys.SocketAddresses;
import io.millrace.sys.SysException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The door to the kernel by the JDK's own channels, for any system that Java runs on, without native access. What the
 * loop takes for descriptors are numbers that this class gives to channels; they have no meaning elsewhere. It is used
 * with {@link NioPoller}, which is level-triggered.
 *
 * <p>The JDK tells the reason of a failure in words. They are translated back to error numbers where the loop needs to
 * know which one it is. Any thread may call, since connections are handed from loop to loop.
 */
public final class NioKernel extends Kernel {
    /** A limit above what programs use, and small enough for tables by descriptor. */
    private static final long LIMIT = 1 << 20;

    private volatile SelectableChannel[] channels = new SelectableChannel[64];
    private int[] free = new int[64];
    private int freeCount;
    private int top;

    /** Makes a kernel without channels. */
    public NioKernel() {}

    private synchronized int put(SelectableChannel channel) {
        int fd = freeCount > 0 ? free[--freeCount] : top++;
        SelectableChannel[] now = channels;
        if (fd == now.length) {
            now = Arrays.copyOf(now, 2 * fd);
        }
        now[fd] = channel;
        // The field is written each time, so that every thread sees the contents of the array.
        channels = now;
        return fd;
    }

    private synchronized @Nullable Channel take(int fd) {
        Channel channel = channel(fd);
        if (channel != null) {
            SelectableChannel[] now = channels;
            now[fd] = null;
            channels = now;
            if (freeCount == free.length) {
                free = Arrays.copyOf(free, 2 * freeCount);
            }
            free[freeCount++] = fd;
        }
        return channel;
    }

    /** Returns the channel of a number, or {@code null}. */
    @Nullable
    SelectableChannel channel(int fd) {
        SelectableChannel[] now = channels;
        return fd < 0 || fd >= now.length ? null : now[fd];
    }

    private SelectableChannel open(int fd) {
        return Objects.requireNonNull(channel(fd), "no such descriptor");
    }

    /** Returns a poller of the one kind that there is, whichever was asked for. */
    @Override
    public Poller poller(PollerKind kind, int capacity) throws SysException {
        try {
            return new NioPoller(this);
        } catch (IOException e) {
            throw new SysException("Selector.open", errno(e), "for a poller");
        }
    }

    @Override
    public int listen(SocketAddress address, ListenFlags flags, Sharing sharing) throws SysException {
        if (!(address instanceof InetSocketAddress)) {
            throw new SysException("listen", Errno.EAFNOSUPPORT, address);
        }
        try {
            ServerSocketChannel channel = ServerSocketChannel.open();
            try {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                // As LinuxListen does: the first binds for itself alone, and lets others join afterwards.
                if (sharing == Sharing.FURTHER) {
                    channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                }
                channel.bind(address, flags.backlog());
                if (sharing == Sharing.FIRST) {
                    channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
                }
                return put(channel);
            } catch (IOException | UnsupportedOperationException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new SysException("bind", errno(e), address);
        } catch (UnsupportedOperationException e) {
            throw new SysException("SO_REUSEPORT", Errno.ENOPROTOOPT, address);
        }
    }

    @Override
    public void unlinkSocket(SocketAddress address) {}

    @Override
    public int connect(SocketAddress to, @Nullable SocketAddress from) {
        try {
            SocketChannel channel = SocketChannel.open();
            try {
                channel.configureBlocking(false);
                if (from != null) {
                    channel.bind(from);
                }
                channel.connect(to);
                return put(channel);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException | UnsupportedOperationException e) {
            return e instanceof IOException io ? -errno(io) : -Errno.EAFNOSUPPORT;
        }
    }

    @Override
    public int connected(int fd) {
        try {
            SocketChannel channel = (SocketChannel) open(fd);
            if (!channel.finishConnect()) {
                return -Errno.EINPROGRESS;
            }
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            return 0;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    @Override
    public int accept(int listener, RawSockaddr peer) {
        try {
            SocketChannel channel = ((ServerSocketChannel) open(listener)).accept();
            if (channel == null) {
                return -Errno.EAGAIN;
            }
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            byte[] struct = SocketAddresses.encode((InetSocketAddress) channel.getRemoteAddress());
            System.arraycopy(struct, 0, peer.bytes(), 0, struct.length);
            return put(channel);
        } catch (IOException e) {
            return -errno(e);
        }
    }

    @Override
    public int adopt(int fd) {
        return -Errno.ENOTSOCK;
    }

    @Override
    public int receive(int fd, byte[] into, int offset, int length) {
        try {
            int n = ((SocketChannel) open(fd)).read(ByteBuffer.wrap(into, offset, length));
            return n > 0 ? n : n < 0 ? 0 : -Errno.EAGAIN;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    @Override
    public int send(int fd, byte[] from, int offset, int length, boolean more) {
        try {
            int n = ((SocketChannel) open(fd)).write(ByteBuffer.wrap(from, offset, length));
            return n > 0 || length == 0 ? n : -Errno.EAGAIN;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    /** Has the caller copy the file: numbers of files are not numbers of channels. */
    @Override
    public long sendFile(int fd, int file, long position, long count) {
        return -Errno.ENOSYS;
    }

    @Override
    public int shutdown(int fd) {
        try {
            ((SocketChannel) open(fd)).shutdownOutput();
            return 0;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    @Override
    public int close(int fd) {
        try {
            Channel channel = take(fd);
            if (channel == null) {
                return -Errno.EBADF;
            }
            channel.close();
            return 0;
        } catch (IOException e) {
            return -errno(e);
        }
    }

    @Override
    public int abort(int fd) {
        try {
            if (channel(fd) instanceof SocketChannel socket) {
                socket.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
        } catch (IOException | UnsupportedOperationException e) {
            // A socket of another family does not have the option; it is closed in the usual way.
        }
        return close(fd);
    }

    @Override
    public int reserveDescriptor() {
        return -Errno.ENOSYS;
    }

    @Override
    public @Nullable SocketAddress local(int fd) {
        try {
            return channel(fd) instanceof ServerSocketChannel server
                    ? server.getLocalAddress()
                    : channel(fd) instanceof SocketChannel socket ? socket.getLocalAddress() : null;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public @Nullable SocketAddress peer(int fd) {
        try {
            return channel(fd) instanceof SocketChannel socket ? socket.getRemoteAddress() : null;
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long descriptorLimit() {
        return LIMIT;
    }

    /** Returns the error number behind the JDK's words, which are those of strerror(3). */
    private static int errno(IOException thrown) {
        String said = String.valueOf(thrown.getMessage());
        String[] words = {
            "reset",
            "Broken pipe",
            "timed out",
            "already in use",
            "Cannot assign",
            "Permission denied",
            "Too many open",
            "refused",
            "unreachable",
            "No route",
            "aborted",
            "buffer space"
        };
        int[] numbers = {
            Errno.ECONNRESET,
            Errno.EPIPE,
            Errno.ETIMEDOUT,
            Errno.EADDRINUSE,
            Errno.EADDRNOTAVAIL,
            Errno.EACCES,
            Errno.EMFILE,
            Errno.ECONNREFUSED,
            Errno.ENETUNREACH,
            Errno.EHOSTUNREACH,
            Errno.ECONNABORTED,
            Errno.ENOBUFS
        };
        for (int i = 0; i < words.length; i++) {
            if (said.contains(words[i])) {
                return numbers[i];
            }
        }
        return Errno.EIO;
    }
}

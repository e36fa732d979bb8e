// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.OpenFile;
import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;

/**
 * A socket by the JDK's channels: for a process that serves one client and for which linking system calls would cost
 * more than all it does ({@link System#inheritedChannel}), and where native access is not to be had.
 */
public final class NioSocketIo extends SocketIo {
    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final boolean inherited;

    private NioSocketIo(SocketChannel channel, Selector selector, boolean inherited) throws IOException {
        this.channel = channel;
        this.selector = selector;
        this.inherited = inherited;
        this.key = channel.register(selector, 0);
    }

    /** Takes over a connected channel. */
    public static NioSocketIo of(SocketChannel channel) throws IOException {
        channel.configureBlocking(false);
        return new NioSocketIo(channel, Selector.open(), false);
    }

    /**
     * Takes over the connection that this process was started with ({@link System#inheritedChannel}). It closes with
     * the process: the JDK closes standard output with such a channel, and the last line of a log would be lost.
     *
     * @throws IOException if there is none
     */
    public static NioSocketIo inherited() throws IOException {
        if (System.inheritedChannel() instanceof SocketChannel channel) {
            channel.configureBlocking(false);
            return new NioSocketIo(channel, Selector.open(), true);
        }
        throw new IOException("descriptor 0 of this process is no connection");
    }

    /**
     * The system property, with its value, by which another JVM knows who makes channels and need not search its class
     * path for it: that reads every jar.
     */
    public static String provider() {
        return SelectorProvider.class.getName() + "="
                + SelectorProvider.provider().getClass().getName();
    }

    /** The address of the other end, or {@code null}. */
    public SocketAddress peer() {
        try {
            return channel.getRemoteAddress();
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    protected int receive(byte[] into, int offset, int length) {
        try {
            int n = channel.read(ByteBuffer.wrap(into, offset, length));
            return n > 0 ? n : n < 0 ? 0 : -Errno.EAGAIN;
        } catch (IOException e) {
            return errno(e);
        }
    }

    @Override
    protected int send(byte[] from, int offset, int length, boolean more) {
        try {
            int n = channel.write(ByteBuffer.wrap(from, offset, length));
            return n > 0 || length == 0 ? n : -Errno.EAGAIN;
        } catch (IOException e) {
            return errno(e);
        }
    }

    /** The JDK tells the error number in words only, those of strerror(3). */
    private static int errno(IOException thrown) {
        String message = String.valueOf(thrown.getMessage());
        return message.contains("reset")
                ? -Errno.ECONNRESET
                : message.contains("Broken pipe")
                        ? -Errno.EPIPE
                        : message.contains("timed out") ? -Errno.ETIMEDOUT : -Errno.EIO;
    }

    @Override
    protected long sendFile(OpenFile file, long position, long count) {
        return -Errno.EINVAL;
    }

    @Override
    protected void shutdown() {
        try {
            channel.shutdownOutput();
        } catch (IOException e) {
            // The peer has gone: the next call tells.
        }
    }

    @Override
    protected void close() {
        try {
            if (inherited) {
                channel.shutdownInput();
                channel.shutdownOutput();
            } else {
                channel.close();
            }
            selector.close();
        } catch (IOException e) {
            // Closed all the same.
        }
    }

    @Override
    protected void abort() {
        try {
            channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        } catch (IOException e) {
            // Closed in the usual way, then.
        }
        close();
    }

    @Override
    public SocketAddress local() {
        try {
            return channel.getLocalAddress();
        } catch (IOException e) {
            return null;
        }
    }

    @Override
    protected int await(int interest, long nanos) {
        key.interestOps(((interest & Interest.READ) != 0 ? SelectionKey.OP_READ : 0)
                | ((interest & Interest.WRITE) != 0 ? SelectionKey.OP_WRITE : 0));
        try {
            if (nanos == 0) {
                selector.selectNow();
            } else {
                selector.select(nanos < 0 ? 0 : (nanos + 999_999) / 1_000_000);
            }
        } catch (IOException e) {
            return Interest.ERROR;
        }
        int found = selector.selectedKeys().isEmpty() ? 0 : key.readyOps();
        selector.selectedKeys().clear();
        return ((found & SelectionKey.OP_READ) != 0 ? Interest.READ : 0)
                | ((found & SelectionKey.OP_WRITE) != 0 ? Interest.WRITE : 0);
    }

    @Override
    protected void wake() {
        selector.wakeup();
    }
}

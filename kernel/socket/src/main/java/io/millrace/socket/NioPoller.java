// SPDX-License-Identifier: Apache-2.0
package io.millrace.socket;

import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.Ready;
import io.millrace.sys.Errno;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

/**
 * The JDK's {@link Selector}, level-triggered, for the channels of a {@link NioKernel}. Behind it is epoll, kqueue or
 * what else the system has.
 */
final class NioPoller extends Poller {
    private static final int SUPPORTED = Interest.READ | Interest.WRITE;
    private static final long MILLION = 1_000_000;

    private final NioKernel kernel;
    private final Selector selector;

    NioPoller(NioKernel kernel) throws IOException {
        super("nio", SUPPORTED);
        this.kernel = kernel;
        this.selector = Selector.open();
    }

    @Override
    public int add(int fd, int interest, long token) {
        SelectableChannel channel = kernel.channel(fd);
        if (channel == null || (interest & ~SUPPORTED) != 0) {
            return channel == null ? -Errno.EBADF : -Errno.EINVAL;
        }
        try {
            register(channel, interest, token);
            return 0;
        } catch (IOException e) {
            return -Errno.EBADF;
        }
    }

    private void register(SelectableChannel channel, int interest, long token) throws IOException {
        try {
            channel.register(selector, operations(channel, interest), token);
        } catch (CancelledKeyException e) {
            // Removed a moment ago: the selector drops the key with its next selection.
            selector.selectNow();
            channel.register(selector, operations(channel, interest), token);
        }
    }

    private static int operations(SelectableChannel channel, int interest) {
        if (channel instanceof ServerSocketChannel) {
            return (interest & Interest.READ) != 0 ? SelectionKey.OP_ACCEPT : 0;
        }
        boolean connecting = channel instanceof SocketChannel socket && socket.isConnectionPending();
        int write = connecting ? SelectionKey.OP_CONNECT : SelectionKey.OP_WRITE;
        return ((interest & Interest.READ) != 0 && !connecting ? SelectionKey.OP_READ : 0)
                | ((interest & Interest.WRITE) != 0 ? write : 0);
    }

    @Override
    public int modify(int fd, int interest, long token) {
        return add(fd, interest, token);
    }

    @Override
    public int remove(int fd) {
        SelectableChannel channel = kernel.channel(fd);
        SelectionKey key = channel == null ? null : channel.keyFor(selector);
        if (key == null) {
            return channel == null ? -Errno.EBADF : -Errno.ENOENT;
        }
        key.cancel();
        return 0;
    }

    @Override
    public int registeredInterest(int fd) {
        SelectableChannel channel = kernel.channel(fd);
        SelectionKey key = channel == null ? null : channel.keyFor(selector);
        return key == null || !key.isValid() ? -Errno.ENOENT : interests(key.interestOps());
    }

    @Override
    public int poll(long timeoutNanos, Ready ready) {
        ready.clear();
        try {
            if (timeoutNanos == 0) {
                selector.selectNow();
            } else {
                // Rounded up, since a wait that ends too early becomes a busy loop; 0 is no limit.
                selector.select(timeoutNanos < 0 ? 0 : (timeoutNanos + MILLION - 1) / MILLION);
            }
        } catch (IOException e) {
            return -Errno.EIO;
        }
        Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
        while (keys.hasNext() && ready.count() < ready.capacity()) {
            SelectionKey key = keys.next();
            keys.remove();
            int found = key.isValid() ? interests(key.readyOps()) : 0;
            if (found != 0) {
                ready.add((Long) key.attachment(), found);
            }
        }
        return ready.count();
    }

    private static int interests(int operations) {
        int read = SelectionKey.OP_READ | SelectionKey.OP_ACCEPT;
        int write = SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;
        return ((operations & read) != 0 ? Interest.READ : 0) | ((operations & write) != 0 ? Interest.WRITE : 0);
    }

    @Override
    public void wakeup() {
        selector.wakeup();
    }

    @Override
    public void close() {
        try {
            selector.close();
        } catch (IOException e) {
            // It is closed all the same.
        }
    }
}

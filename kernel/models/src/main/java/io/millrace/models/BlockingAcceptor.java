// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.ProtocolFactory;
import io.millrace.poll.Interest;
import io.millrace.socket.InheritedSocket;
import io.millrace.socket.Kernel;
import io.millrace.socket.RawSockaddr;
import io.millrace.sys.Errno;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.OverloadPolicy;
import java.lang.System.Logger.Level;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Where clients of a blocking model come in: a listening socket, how many may be inside, and what to do when accept(2)
 * fails. One thread takes connections; it sleeps on the socket and an eventfd, written when a place has come free or
 * the gate is to close.
 */
final class BlockingAcceptor implements Listener {
    /** There is no connection to be had for now. */
    static final int NOBODY = -1;

    private static final long SHORTEST_PAUSE = 50_000_000L;
    private static final long LONGEST_PAUSE = 1_000_000_000L;

    /** Refusing takes threads and descriptors, too: beyond this many at once clients wait after all. */
    private static final int MOST_REFUSED = 64;

    final Supplier<? extends ProtocolFactory> protocols;

    final Kernel kernel;

    private final ListenOptions options;
    private final @Nullable SocketAddress address;
    private final int most;
    private final OverloadPolicy overload;
    private final WakeupChannel wakeupChannel;
    private final RawSockaddr peer = new RawSockaddr();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private volatile boolean closing;
    private volatile boolean paused;
    private boolean welcome;

    /** The connection that was just accepted is the server's: a method that fails with it has not to close it. */
    private boolean entered;

    private @Nullable BlockingLink link;

    private long pause;
    private int fd;

    /** Listens; {@code most} is what the model can carry, which the options may narrow further. */
    BlockingAcceptor(Kernel kernel, ListenOptions options, int most, Supplier<? extends ProtocolFactory> protocols)
            throws SysException {
        this.kernel = kernel;
        this.options = options;
        this.paused = options.paused();
        this.protocols = protocols;
        this.most = Math.min(most, options.maxConnections());
        this.overload = options.overload();
        this.wakeupChannel = WakeupChannel.open(kernel);
        try {
            this.fd = kernel.listen(options.address(), options.flags(), Kernel.Sharing.ALONE);
        } catch (SysException e) {
            wakeupChannel.close();
            throw e;
        }
        // Each client has a thread or a process waiting for it: those that do not read are not counted.
        kernel.setNotsentLowat(fd);
        this.address = kernel.local(fd);
    }

    /** The listening socket. */
    int descriptor() {
        return fd;
    }

    /** Sleeps until it is worth trying {@link #accept}. */
    void await() {
        long nanos = pause == 0 ? -1 : pause;
        wakeupChannel.await(pause != 0 || paused || full() ? -1 : fd, Interest.READ, nanos);
    }

    /** Takes a connection: its descriptor, or NOBODY. */
    int accept() {
        if (paused || full()) {
            return NOBODY;
        }
        int accepted = acceptOne();
        while (accepted < 0 && Kernel.isOfTheConnection(accepted)) {
            accepted = acceptOne();
        }
        if (accepted < 0) {
            failed(accepted);
            return NOBODY;
        }
        pause = 0;
        entered = false;
        link = null;
        welcome = inside.get() < most;
        (welcome ? inside : refused).incrementAndGet();
        return accepted;
    }

    private int acceptOne() {
        if (options.address() instanceof InheritedSocket) {
            kernel.unblock(fd);
        }
        return kernel.accept(fd, peer);
    }

    private boolean full() {
        return inside.get() >= most && (overload == OverloadPolicy.WAIT || refused.get() >= MOST_REFUSED);
    }

    /** Being out of descriptors or memory passes: clients wait in the kernel's queue meanwhile. */
    private void failed(int result) {
        if (result == -Errno.EAGAIN) {
            pause = 0;
            return;
        }
        if (options.errors() != null) {
            tell(new SysException("accept", result, String.valueOf(address)));
        } else if (pause == 0) {
            Servers.log(
                    Level.WARNING,
                    "cannot accept on " + address + ": " + Errno.describe(result) + "; clients wait, trying on");
        }
        pause = pause == 0 ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
    }

    /** Runs code of the user's, which must not end the thread that accepts. */
    private void tell(SysException failure) {
        try {
            options.errors().accept(failure);
        } catch (Throwable t) {
            Servers.error("whoever is told that accepting fails failed", t);
        }
    }

    /** Whether the connection that was just accepted is within the limit; one beyond is to be refused. */
    boolean welcome() {
        return welcome;
    }

    /** Hands over the end of the connection that was just accepted: its link, or {@code null} if it has none. */
    void entered(@Nullable BlockingLink itsLink) {
        entered = true;
        link = itsLink;
    }

    /** The link of the connection that was just accepted, or {@code null}. */
    @Nullable
    BlockingLink link() {
        return link;
    }

    boolean hasEntered() {
        return entered;
    }

    /** The peer of the connection that was just accepted. */
    @Nullable
    SocketAddress peer(int accepted) {
        return peer.port() < 0 ? kernel.peer(accepted) : RawSockaddr.unpack(peer.high(), peer.low(), peer.port());
    }

    /** A connection that was taken has ended. Any thread may call. */
    void left(boolean welcomed) {
        (welcomed ? inside : refused).decrementAndGet();
        wakeupChannel.wakeup();
    }

    boolean closing() {
        return closing;
    }

    @Override
    public @Nullable SocketAddress local() {
        return address;
    }

    @Override
    public void pause() {
        paused = true;
        wakeupChannel.wakeup();
    }

    @Override
    public void resume() {
        paused = false;
        wakeupChannel.wakeup();
    }

    @Override
    public boolean paused() {
        return paused;
    }

    @Override
    public int connections() {
        return inside.get();
    }

    @Override
    public void close() {
        closing = true;
        wakeupChannel.wakeup();
    }

    /** Closes the socket. By the thread that accepts, at its end. */
    void closeNow() {
        closing = true;
        if (fd >= 0) {
            kernel.close(fd);
            fd = -1;
            wakeupChannel.close();
            forget();
        }
    }

    private void forget() {
        try {
            kernel.unlinkSocket(options.address());
        } catch (SysException e) {
            // Another process listens there already, and needs it; or it is not for us to remove.
            Servers.log(Level.DEBUG, "left behind: " + e.getMessage());
        }
    }

    @Override
    public String toString() {
        return "Listening[" + address + "]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Protocol;
import io.millrace.core.ProtocolFactory;
import io.millrace.loop.EventLoop;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The connections of one loop: listens, connects and adopts. An event loop by itself knows none; the owner of one with
 * an {@link Engine} finds them by {@link #of}.
 */
public final class Connections {
    private final EventLoop loop;
    private final Driver driver;
    private final Kernel kernel;

    private Connections(EventLoop loop, Driver driver) {
        this.loop = loop;
        this.driver = driver;
        this.kernel = loop.kernel();
    }

    /**
     * Returns the connections of a loop. Any thread may call.
     *
     * @throws IllegalArgumentException if the loop was opened with a mechanism that carries none
     */
    public static Connections of(EventLoop loop) {
        return new Connections(loop, Driver.of(loop));
    }

    /**
     * Listens on an address with this loop alone; to be called by its owner, or before it runs. Loops of a
     * {@link LoopGroup} share an address.
     *
     * @throws SysException if the address cannot be had: names the call and the error number
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed
     */
    public Listener listen(ListenOptions options, Supplier<? extends ProtocolFactory> protocols) throws SysException {
        return ListenGroup.open(
                kernel, options.withSpread(AcceptDistribution.HAND_OVER), new EventLoop[] {loop}, protocols);
    }

    /**
     * Begins to connect to an address: an {@link InetSocketAddress} or a {@link io.millrace.socket.UnixAddress}. One
     * address, one attempt, and no other time limit than the kernel's; a connector that tries all addresses of a name
     * stands above. Any thread may call.
     *
     * @param from the address to connect from, or {@code null} for one that the kernel chooses
     * @param ended is told the outcome once, on the loop, later: opens the connection, if there is one, by
     *     {@link ConnectAttempt#open}
     * @throws IllegalArgumentException for a name that has not been resolved
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed
     */
    public ConnectAttempt connect(SocketAddress to, SocketAddress from, Consumer<? super ConnectAttempt> ended) {
        loop.checkOpen();
        if (to instanceof InetSocketAddress inet && inet.isUnresolved()) {
            throw new IllegalArgumentException("an address is needed, not a name: " + inet.getHostString());
        }
        ConnectAttempt attempt = new ConnectAttempt(
                loop, Objects.requireNonNull(to, "to"), from, Objects.requireNonNull(ended, "ended"));
        if (loop.inLoop()) {
            attempt.begin();
        } else {
            loop.execute(attempt::begin);
        }
        return attempt;
    }

    /**
     * Takes a connected stream socket over: it is this loop's from now on, which closes it. Any thread may call.
     *
     * @throws SysException if the descriptor is no connected stream socket; it is still the caller's then
     * @throws java.util.concurrent.RejectedExecutionException if the loop has been closed; the descriptor is still the
     *     caller's then
     */
    public void adopt(int fd, Protocol protocol) throws SysException {
        loop.checkOpen();
        int result = kernel.adopt(fd);
        if (result < 0) {
            throw new SysException("adopt", result, "descriptor " + fd);
        }
        SocketAddress peer = kernel.peer(fd);
        if (loop.inLoop()) {
            open(fd, peer, protocol);
        } else {
            loop.execute(() -> open(fd, peer, protocol));
        }
    }

    /** Opens a connection whose socket others may have, too. On the loop. */
    private void open(int fd, SocketAddress peer, Protocol protocol) {
        driver.openOutgoing(fd, peer, protocol, Connection.SHARED);
    }
}

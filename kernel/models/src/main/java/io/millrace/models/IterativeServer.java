// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ThreadBuffers;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * <b>iterative</b>: one thread, one client at a time: accept, serve until he goes, accept the next.
 *
 * <p>This is where every book on network programming begins, and for good reason: there is nothing in it but the
 * protocol. No lock, no callback, no state but the program counter. It is the right server for something asked seldom
 * and answered at once: the time of day, a number from a counter.
 *
 * <p>And it is the clearest picture of the problem that all the others solve. A client who connects and says nothing
 * keeps all others waiting; they stand in the kernel's queue, connected already as far as they can tell, with their
 * requests in the socket, until he goes or the protocol's time limit throws him out. With HTTP's persistent connections
 * a browser that has just loaded a page is such a client. The inherent limit: <em>one client at a time</em>.
 *
 * <p>Watch it: {@code strace -e trace=accept4,poll,recvfrom,sendto,close}, and {@code ss -tl}, whose Recv-Q is those
 * who wait.
 */
final class IterativeServer extends LinkServer {
    private final Map<BlockingAcceptor, WorkerContext> seats = new ConcurrentHashMap<>();

    private final ThreadBuffers.Pool desks = new ThreadBuffers.Pool();

    IterativeServer(Kernel kernel, ModelOptions options) {
        super(kernel, 1, options);
    }

    @Override
    void carry(BlockingAcceptor acceptor, int fd) {
        boolean welcome = acceptor.welcome();
        WorkerContext context = context(acceptor);
        Protocol protocol = context == null ? null : Servers.protocol(context.factory(), welcome);
        BlockingLink link = enter(
                acceptor,
                context == null ? null : KernelSocketIo.blocking(kernel, fd, context.wakeupChannel()),
                fd,
                protocol);
        if (link != null) {
            try {
                link.serve(desks);
            } finally {
                link.abandon();
                leave(acceptor, link, welcome);
            }
        }
    }

    /** The one seat there is at this gate, or {@code null} if there can be none for now. */
    private @Nullable WorkerContext context(BlockingAcceptor acceptor) {
        WorkerContext context = seats.get(acceptor);
        try {
            if (context == null) {
                context = WorkerContext.at(acceptor);
            }
            if (context != null) {
                seats.put(acceptor, context);
            }
        } catch (SysException e) {
            Servers.log(Level.WARNING, "cannot carry a connection: " + e.getMessage());
        }
        return context;
    }

    @Override
    void release() {
        seats.values().forEach(context -> context.wakeupChannel().close());
    }

    @Override
    public String engine() {
        return "blocking calls, one client at a time";
    }

    @Override
    public int carriers() {
        return 1;
    }
}

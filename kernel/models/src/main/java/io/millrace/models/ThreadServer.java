// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ThreadBuffers;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * <b>thread</b>: every client has a thread to himself.
 *
 * <p>The code of a connection reads from top to bottom again, and a thousand clients no longer wait for one: the
 * kernel's scheduler turns the pages. That is how most of the world's servers worked when the web grew up, and for a
 * few hundred clients it is hard to beat. What it costs is a stack and a kernel thread for each client, busy or idle:
 * ten thousand clients that say nothing hold ten thousand threads that do nothing, and every answer pays for two
 * changes of thread.
 *
 * <p>So the number must be bounded, and a bound needs an answer for the one beyond it: he waits in the kernel's queue,
 * or a few threads more tell him 503 and close ({@link io.millrace.transport.OverloadPolicy}). A thread that has become
 * free waits ten seconds for the next client.
 *
 * <p>A thread sleeps in poll(2) on two descriptors, its client and an eventfd that wakes it, and not in recv(2) as in
 * the textbook: in recv it could be woken by its client only, and the answer that another thread has computed, or the
 * order to shut down, would have to wait for that.
 *
 * <p>Watch it: {@code strace -f -e trace=poll,recvfrom,sendto}, and one line of {@code ps -L} for each client.
 */
final class ThreadServer extends LinkServer {
    /**
     * As many threads as clients, but no more than this: beyond, their stacks and the scheduler cost more than they
     * serve.
     */
    static final int MOST = 4096;

    private final Map<BlockingAcceptor, WorkerContext.Stack> seats = new ConcurrentHashMap<>();
    private final ThreadPoolExecutor threads = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().name("millrace-client-", 0).factory());

    private final ThreadBuffers.Pool desks = new ThreadBuffers.Pool();

    ThreadServer(Kernel kernel, ModelOptions options) {
        super(kernel, options.most() == 0 ? MOST : options.most(), options);
    }

    @Override
    void keep(BlockingAcceptor acceptor) {
        seats.put(acceptor, new WorkerContext.Stack(acceptor));
        super.keep(acceptor);
    }

    @Override
    void carry(BlockingAcceptor acceptor, int fd) {
        WorkerContext.Stack stack = Objects.requireNonNull(seats.get(acceptor));
        boolean welcome = acceptor.welcome();
        WorkerContext context = context(stack);
        if (context == null) {
            kernel.close(fd);
            acceptor.left(welcome);
            return;
        }
        Protocol protocol = Servers.protocol(context.factory(), welcome);
        BlockingLink link = enter(acceptor, KernelSocketIo.blocking(kernel, fd, context.wakeupChannel()), fd, protocol);
        if (link == null) {
            stack.give(context);
        } else {
            start(acceptor, link, stack, context, welcome);
        }
    }

    private static @Nullable WorkerContext context(WorkerContext.Stack stack) {
        try {
            return stack.take();
        } catch (SysException e) {
            Servers.log(Level.WARNING, "cannot carry a connection: " + e.getMessage());
            return null;
        }
    }

    private void start(
            BlockingAcceptor acceptor,
            BlockingLink link,
            WorkerContext.Stack stack,
            WorkerContext context,
            boolean welcome) {
        try {
            threads.execute(() -> serve(acceptor, link, stack, context, welcome));
        } catch (OutOfMemoryError | RejectedExecutionException e) {
            // No memory for a thread (pthread_create(3) EAGAIN): this client cannot be served, and here is who can say
            // so.
            link.abandon();
            leave(acceptor, link, welcome);
            Servers.log(Level.WARNING, "cannot start a thread for a connection: " + e.getMessage());
            stack.give(context);
        }
    }

    private void serve(
            BlockingAcceptor acceptor,
            BlockingLink link,
            WorkerContext.Stack stack,
            WorkerContext context,
            boolean welcome) {
        try {
            carrying(true);
            link.serve(desks);
        } catch (Throwable t) {
            Servers.error("a connection could not be carried on", t);
        } finally {
            link.abandon();
            leave(acceptor, link, welcome);
            carrying(false);
            stack.give(context);
        }
    }

    @Override
    void release() {
        threads.shutdown();
        seats.values().forEach(WorkerContext.Stack::close);
    }

    @Override
    public String engine() {
        return "blocking calls, a thread for each client";
    }

    @Override
    public int carriers() {
        return 1;
    }
}

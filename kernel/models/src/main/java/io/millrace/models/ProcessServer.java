// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.poll.Interest;
import io.millrace.poll.Poller;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Ready;
import io.millrace.socket.Kernel;
import io.millrace.socket.Trace;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Pipes;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ThreadBuffers;
import io.millrace.workers.ChildProcess;
import io.millrace.workers.WorkerCommand;
import io.millrace.workers.WorkerCounters;
import io.millrace.workers.WorkerProcess;
import io.millrace.workers.WorkerStats;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * <b>process</b>: every client has a process to himself. The parent does nothing but accept and start another.
 *
 * <p>That is how the first servers of Unix did it, and inetd(8) for all of them: a program that reads descriptor 0 and
 * writes descriptor 1 is a server without knowing it. Nothing protects clients from one another as well as this: a
 * worker that crashes, leaks or is broken into takes one client with it, and the kernel cleans up. A server of few
 * clients that stay long, and must trust no line of his own code, still does it this way (OpenSSH does).
 *
 * <p>Its price is the start of a process, which for a JVM is tens of milliseconds of processor time before the first
 * byte, and the memory of one for each client that says nothing. So there is a limit on children; a client beyond it
 * waits in the kernel's queue or is refused.
 *
 * <p>A JVM cannot fork(2): the child would have one thread and none of the collector's. posix_spawn(3) starts the
 * program again ({@link WorkerProcess}), with the connection as descriptor 0 and as descriptor 3 a pipe that no process
 * writes to: when the parent closes its end, or dies, the worker reads the end of it, tells its protocol to finish, and
 * goes. Every other descriptor is closed in the child, marked or not. The parent learns of a child's end by a pidfd,
 * and waits for its own children by id only, for the program may have others.
 *
 * <p>Watch it: {@code strace -f -e trace=accept4,clone3,vfork,execve,dup2,wait4}, and {@code pstree -p PID}.
 */
final class ProcessServer extends LinkServer {
    /** A JVM for each client is heavy: 30 MB or so. */
    static final int MOST = 64;

    private static final int EVENTS = 64;
    private static final long LOOK_NANOS = 20_000_000L;

    /** A child, the gate that its client came through, and the pidfd's token. */
    private record Served(ChildProcess child, BlockingAcceptor acceptor) implements ServedClient {
        /** All are told at once, by the pipe. */
        @Override
        public void stop() {}

        @Override
        public void cut() {
            child.kill();
        }
    }

    private final List<String> command;
    private final Map<BlockingAcceptor, Integer> indices = new ConcurrentHashMap<>();
    private final Map<Long, Served> children = new ConcurrentHashMap<>();
    private final WorkerStats stats = new WorkerStats();
    private final @Nullable Trace trace;
    private final Poller poller;
    private final int[] pipe = new int[2];
    private boolean told;
    private volatile boolean ending;

    ProcessServer(Kernel kernel, ModelOptions options) throws IOException {
        super(kernel, options.most() == 0 ? MOST : options.most(), options);
        this.trace = Trace.of(kernel);
        this.command = WorkerCommand.of(options.workerCommand(), WorkerProcess.Kind.PROCESS);
        this.poller = kernel.poller(PollerKind.EPOLL, EVENTS);
        int result = Pipes.pipe2(pipe, Descriptors.O_CLOEXEC);
        if (result < 0) {
            poller.close();
            throw new SysException("pipe2", result, "for workers");
        }
        startWorker("millrace-reaper", this::reap);
    }

    @Override
    void keep(BlockingAcceptor acceptor) {
        indices.put(acceptor, indices.size());
        super.keep(acceptor);
    }

    @Override
    void carry(BlockingAcceptor acceptor, int fd) {
        if (!acceptor.welcome()) {
            refuse(acceptor, fd);
            return;
        }
        int pid = start(acceptor, fd);
        acceptor.entered(null);
        kernel.close(fd);
        if (pid < 0) {
            stats.failed();
            acceptor.left(true);
            return;
        }
        stats.spawned();
        ChildProcess child = new ChildProcess(pid, trace);
        Served served = new Served(child, acceptor);
        enter(child, served);
        synchronized (children) {
            children.put((long) pid, served);
            int result = child.pidfd() < 0 ? child.pidfd() : poller.add(child.pidfd(), Interest.READ, pid);
            if (result < 0) {
                Servers.log(Level.WARNING, "cannot watch worker " + pid + ": " + Errno.describe(result));
                child.kill();
            }
        }
        // It may have ended before it was watched.
        poller.wakeup();
    }

    /** A worker for that connection: its id, or something negative that was complained of. */
    private int start(BlockingAcceptor acceptor, int fd) {
        try {
            List<String> environment = WorkerCommand.environment(
                    WorkerProcess.Kind.PROCESS, Objects.requireNonNull(indices.get(acceptor)), pipe[0]);
            int pid = ChildProcess.spawn(command, environment, fd, pipe[0], trace);
            if (pid < 0) {
                Servers.log(Level.WARNING, "cannot start a worker: posix_spawn: " + Errno.describe(pid));
            }
            return pid;
        } catch (IOException e) {
            Servers.log(Level.WARNING, "cannot start a worker: " + e);
            return -Errno.EIO;
        }
    }

    /**
     * In the protocol's own words, by a thread: starting a process to say that there is no process would be strange.
     */
    private void refuse(BlockingAcceptor acceptor, int fd) {
        try {
            WakeupChannel wakeupChannel = WakeupChannel.open(kernel);
            Protocol protocol = Servers.protocol(acceptor.protocols, false);
            BlockingLink link = enter(acceptor, KernelSocketIo.blocking(kernel, fd, wakeupChannel), fd, protocol);
            if (link == null) {
                wakeupChannel.close();
            } else {
                refuse(acceptor, link, wakeupChannel);
            }
        } catch (SysException e) {
            kernel.close(fd);
            acceptor.left(false);
        }
    }

    private void refuse(BlockingAcceptor acceptor, BlockingLink link, WakeupChannel wakeupChannel) {
        Runnable serving = () -> {
            try {
                link.serve(new ThreadBuffers.Pool());
            } finally {
                refused(acceptor, link, wakeupChannel);
            }
        };
        try {
            Thread.ofPlatform().daemon().start(serving);
        } catch (Throwable t) {
            refused(acceptor, link, wakeupChannel);
            Servers.error("cannot start a thread for a connection", t);
        }
    }

    private void refused(BlockingAcceptor acceptor, BlockingLink link, WakeupChannel wakeupChannel) {
        link.abandon();
        leave(acceptor, link, false);
        wakeupChannel.close();
    }

    private void reap() {
        Ready ready = new Ready(EVENTS);
        while (!ending || !done()) {
            int n = poller.poll(ending ? LOOK_NANOS : -1, ready);
            if (n < 0) {
                throw new IllegalStateException(poller.name() + ": " + Errno.describe(n));
            }
            for (Served served : children.values()) {
                if (served.child.reap()) {
                    gone(served);
                }
            }
        }
    }

    private void gone(Served served) {
        children.remove((long) served.child.pid());
        synchronized (children) {
            poller.remove(served.child.pidfd());
        }
        Descriptors.close(served.child.pidfd());
        String complaint = served.child.complaint();
        if (complaint == null) {
            stats.ended();
        } else {
            // Its client is gone with it: no worker takes its place.
            stats.died(false);
            Servers.log(Level.WARNING, "worker " + served.child.pid() + " " + complaint);
        }
        leave(served.acceptor, served.child, true);
    }

    /** The one message that a worker can get. */
    @Override
    synchronized void tellStop() {
        if (!told) {
            told = true;
            Descriptors.close(pipe[1]);
        }
    }

    @Override
    void wakeWorkers() {
        ending = true;
        poller.wakeup();
    }

    @Override
    void release() {
        tellStop();
        synchronized (this) {
            if (pipe[0] >= 0) {
                Descriptors.close(pipe[0]);
                pipe[0] = -1;
                poller.close();
            }
        }
    }

    @Override
    public String engine() {
        return "blocking calls, a process for each client";
    }

    @Override
    public Optional<WorkerCounters> workers() {
        return Optional.of(stats.counters());
    }

    @Override
    public int carriers() {
        return 1;
    }
}

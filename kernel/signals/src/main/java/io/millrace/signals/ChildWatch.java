// SPDX-License-Identifier: Apache-2.0
package io.millrace.signals;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Watch;
import io.millrace.poll.Interest;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Errno;
import io.millrace.sys.Pidfd;
import io.millrace.sys.SysException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A loop's interest in the end of a process, from {@link Children#watch} until that or until it is closed. */
public final class ChildWatch implements AutoCloseable {

    /** What the end of a process calls. */
    @FunctionalInterface
    public interface Callback {
        /** The process has ended; this is told once, and the watch is closed. On the loop. */
        void ended(ChildWatch child, ExitStatus status);
    }

    private final long pid;
    private final Callback callback;

    /** On the descriptor of the process, or for one of the JDK's on none. */
    private final Watch event;

    private final int pidfd;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable ExitStatus status;

    private ChildWatch(EventLoop loop, long pid, int pidfd, Callback callback) {
        this.pid = pid;
        this.pidfd = pidfd;
        this.callback = callback;
        this.event = loop.watch(pidfd, pidfd < 0 ? 0 : Interest.READ, (self, found) -> happened());
    }

    /** By the number of a child that is not waited for elsewhere. */
    static ChildWatch of(EventLoop loop, int pid, Callback callback) throws SysException {
        int pidfd = Pidfd.open(pid);
        if (pidfd < 0) {
            throw new SysException("pidfd_open", pidfd, pid);
        }
        ChildWatch child = new ChildWatch(loop, pid, pidfd, callback);
        int result = child.event.enable();
        if (result < 0) {
            String whyNot = child.event.whyNot();
            Descriptors.close(pidfd);
            throw new SysException("watching", result, "process " + pid + (whyNot == null ? "" : ": " + whyNot));
        }
        return child;
    }

    /** By the JDK's own thread, which waits for this child and takes its status. */
    static ChildWatch of(EventLoop loop, Process process, Callback callback) {
        ChildWatch child = new ChildWatch(loop, process.pid(), -1, callback);
        child.event.enable();
        // A loop that has been closed by then refuses, which need not be told.
        process.onExit().thenRun(() -> loop.execute(() -> child.ended(ExitStatus.of(process))));
        return child;
    }

    /** The number of the process. */
    public long pid() {
        return pid;
    }

    /** Does not keep a loop going that runs until nothing is left. On the loop, or before it runs. */
    public ChildWatch background() {
        event.background();
        return this;
    }

    private void ended(ExitStatus how) {
        status = how;
        if (event.isEnabled()) {
            event.activate();
        }
    }

    private void happened() {
        if (status == null) {
            int[] found = new int[2];
            int result = Pidfd.take(pidfd, found);
            if (result == 0 || result == -Errno.EINTR) {
                return;
            }
            status = result < 0 ? ExitStatus.unknown() : ExitStatus.of(found);
        }
        close();
        callback.ended(this, status);
    }

    /**
     * Waits no longer; a child that ends afterwards stays a zombie until its status is taken elsewhere. Any thread may
     * call.
     */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            event.close(this::closeDescriptor);
        }
    }

    private void closeDescriptor() {
        if (pidfd >= 0) {
            Descriptors.close(pidfd);
        }
    }

    @Override
    public String toString() {
        return "ChildWatch[process " + pid + "]";
    }
}

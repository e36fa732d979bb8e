// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import io.millrace.core.Protocol;
import io.millrace.loop.EventLoop;
import io.millrace.loop.Log;
import io.millrace.loop.Source;
import io.millrace.poll.Interest;
import io.millrace.sys.Errno;
import java.net.SocketAddress;
import java.util.function.Consumer;

/**
 * One attempt to connect to one address. Made by {@link Connections#connect}; it has one outcome, which is never told
 * before that call has returned.
 *
 * <pre>
 *   begin ──in progress──► watched for WRITE ──► connected: ended(0) ──► open(protocol), or closed
 *     │                         └──────────────► failed:    ended(-errno)
 *     └──refused at once──► next task ─────────► failed:    ended(-errno)
 * </pre>
 */
public final class ConnectAttempt extends Source {
    private final EventLoop loop;
    private final SocketAddress to;
    private final SocketAddress from;
    private final Consumer<? super ConnectAttempt> ended;

    /** The socket as long as it is ours. */
    private int socket = -1;

    private int result = -Errno.EINPROGRESS;

    ConnectAttempt(EventLoop loop, SocketAddress to, SocketAddress from, Consumer<? super ConnectAttempt> ended) {
        this.loop = loop;
        this.to = to;
        this.from = from;
        this.ended = ended;
    }

    /** Where to. */
    public SocketAddress to() {
        return to;
    }

    /** 0 if it is connected, {@code -EINPROGRESS} as long as it is under way, else -errno. On the loop. */
    public int result() {
        return result;
    }

    /** On the loop. */
    void begin() {
        if (result != -Errno.EINPROGRESS) {
            return;
        }
        int opened = loop.kernel().connect(to, from);
        if (opened >= 0) {
            socket = opened;
            opened = watch();
        }
        if (opened < 0) {
            int failure = opened;
            if (!loop.offer(() -> end(failure))) {
                end(failure);
            }
        }
    }

    private int watch() {
        try {
            return Driver.of(loop).add(this, socket, Interest.WRITE);
        } catch (Throwable t) {
            Log.failure("an attempt to connect cannot be watched", t);
            return -Errno.ENOMEM;
        }
    }

    @Override
    protected void ready(int events) {
        // An event may be for nothing: the socket itself knows.
        end(loop.kernel().connected(socket));
    }

    private void end(int how) {
        if (result != -Errno.EINPROGRESS || how == -Errno.EINPROGRESS) {
            return;
        }
        result = how;
        unwatch();
        if (how < 0) {
            closeSocket();
        }
        try {
            ended.accept(this);
        } catch (Throwable t) {
            Log.error("whoever wanted to connect to " + to + " failed", t);
        }
        closeSocket();
        Driver.of(loop).left();
    }

    private void unwatch() {
        if (fd >= 0) {
            Driver.of(loop).remove(this);
        }
    }

    private void closeSocket() {
        if (socket >= 0) {
            int closing = socket;
            socket = -1;
            loop.kernel().close(closing);
        }
    }

    /**
     * Gives the connected socket to a protocol, whose connection it is from now on. Only while the outcome is told: a
     * socket that is not wanted by then is closed.
     *
     * @throws IllegalStateException if there is no connected socket, or not any more
     */
    public void open(Protocol protocol) {
        Driver.of(loop).openOutgoing(take(), to, protocol, 0);
    }

    /**
     * Gives the connected socket itself away, for what is no connection of a loop: the caller closes it. Only while the
     * outcome is told.
     *
     * @throws IllegalStateException as {@link #open}
     */
    public int take() {
        if (result != 0 || socket < 0) {
            throw new IllegalStateException("no connected socket to " + to + ": " + Errno.describe(result));
        }
        int given = socket;
        socket = -1;
        return given;
    }

    /**
     * Gives it up, and its socket; the outcome is not told. Without effect once it has been. Any thread may call; on
     * the loop it takes effect at once.
     */
    public void cancel() {
        if (loop.inLoop()) {
            cancelNow();
        } else {
            // A loop that has been closed has ended it.
            loop.offer(this::cancelNow);
        }
    }

    private void cancelNow() {
        if (result == -Errno.EINPROGRESS) {
            result = -Errno.ECANCELED;
            unwatch();
            closeSocket();
            Driver.of(loop).left();
        }
    }

    @Override
    protected void resume() {
        throw new IllegalStateException("an attempt leaves nothing over");
    }

    @Override
    protected void expire() {
        throw new IllegalStateException("an attempt has no time limit of its own");
    }

    @Override
    protected boolean awaited() {
        return true;
    }

    @Override
    protected void closeNow() {
        end(-Errno.ECANCELED);
    }

    @Override
    public String toString() {
        return "Attempt[" + to + ", " + (result == 0 ? "connected" : Errno.describe(result)) + "]";
    }
}

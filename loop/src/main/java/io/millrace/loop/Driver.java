// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import io.millrace.core.Buffer;
import io.millrace.core.Protocol;

/**
 * Moves bytes between the kernel and connections; knows no protocol. The seam between readiness and completion lies
 * here, and it is "bytes moved", never "ready": a connection appends to its output and is served, and it is given what came in, whatever the
 * kernel's way of saying so.
 */
abstract class Driver {
    /** The mechanism in words. */
    abstract String engine();

    /** Waits for events up to that many nanoseconds, negative for ever. */
    abstract void await(long timeoutNanos);

    /** Handles the events that the wait found. */
    abstract void dispatch();

    /** The end of the turn: serves the connections that tasks and alarms have touched. */
    abstract void finishTurn();

    /** Whether something is left to do at once, so that the next wait must not wait. */
    abstract boolean hasWork();

    /** Ends a running wait. Any thread may call. */
    abstract void wakeup();

    /** Takes a connected socket over. */
    abstract void open(Connection connection, int fd, Protocol protocol);

    /**
     * Begins to watch a descriptor for {@link io.millrace.poll.Interest} bits, which the source is told by {@link Source#ready}. For
     * everything that is not a connection. Returns 0, or -errno and the source is as before.
     */
    abstract int add(Source source, int fd, int interest);

    /** Watches the source's descriptor for something else from now on. Returns 0 or -errno. */
    abstract int modify(Source source, int interest);

    /**
     * Watches the source's descriptor no longer; it stays open. Nothing more is told of it, events that were found already included. Its
     * alarm is taken out, too.
     */
    abstract void remove(Source source);

    /** The kernel reported these {@link io.millrace.poll.Interest} bits for a connection. */
    abstract void ready(Connection connection, int events);

    /** Looks whether something has arrived that no event has reported yet, and serves the connection. */
    abstract void look(Connection connection);

    /** Moves what bytes of a connection can be moved now, within the turn's budget. */
    abstract void serve(Connection connection);

    /** An empty buffer for output; a dead connection gets one that leads nowhere. */
    abstract Buffer lendOutput(Connection connection);

    /** The connection has output, input to take or an end to come to: it is served before the turn ends. */
    abstract void touch(Connection connection);

    /** The source has more to do than its budget: it goes on next turn. */
    abstract void again(Source source);

    /** All connections there are now. */
    abstract Iterable<Connection> connections();

    /** Whether there are no connections and no listening sockets, in short nothing that an orderly end waits for. */
    abstract boolean isEmpty();

    /** Closes all connections at once, and everything else that is watched. */
    abstract void closeAll();

    /** Frees the mechanism. */
    abstract void close();
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.transport;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** An address that a group of loops listens on. Any thread may call. */
public interface Listener extends AutoCloseable {

    /**
     * The TCP address, with the port that was chosen where 0 was asked for.
     *
     * @throws IllegalStateException for a Unix socket: see {@link #local}
     */
    default InetSocketAddress address() {
        if (local() instanceof InetSocketAddress inet) {
            return inet;
        }
        throw new IllegalStateException(local() + " is no TCP address: ask for local()");
    }

    /** The address of whatever kind. */
    SocketAddress local();

    /** Number of connections open now. */
    int connections();

    /**
     * Takes no more connections until {@link #resume}: they wait in the kernel's queue as far as it reaches. Called on
     * a loop, by a protocol factory for instance, that loop takes not one more; the others stop soon.
     */
    void pause();

    /** Goes on taking connections, those first that have been waiting. */
    void resume();

    /** Whether it is paused. */
    boolean paused();

    /**
     * Stops listening. Connections that stand go on. Those that the kernel has accepted already are taken before, for
     * closing would reset them; unless it is paused.
     */
    @Override
    void close();
}

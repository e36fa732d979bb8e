// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.transport.Listener;
import java.net.SocketAddress;

/**
 * What a worker has in place of an address it listens on.
 *
 * @param local this end of the connection that it serves, or what was asked for if that is for other workers
 * @param connections how many connections came with it
 */
record Inherited(SocketAddress local, int connections) implements Listener {

    /** Others accept. */
    @Override
    public void pause() {}

    @Override
    public void resume() {}

    @Override
    public boolean paused() {
        return false;
    }

    @Override
    public void close() {}
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.loop;

import java.net.InetSocketAddress;

/** An address that a group of loops listens on. Any thread may call. */
public interface Listening extends AutoCloseable {

    /** The address, with the port that was chosen where 0 was asked for. */
    InetSocketAddress address();

    /** Number of connections open now. */
    int connections();

    /** Stops accepting. Connections that stand go on. */
    @Override
    void close();
}

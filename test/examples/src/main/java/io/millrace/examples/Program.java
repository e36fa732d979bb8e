// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;

/** What all examples do first and last: open loops, listen, say where, run until the process is stopped. */
final class Program {
    private Program() {}

    /** Begins to listen with loops that stand. */
    interface Start {
        Listener on(LoopGroup loops, InetSocketAddress address) throws IOException;
    }

    static void run(int loops, int port, Start start) throws IOException, InterruptedException {
        try (LoopGroup group = LoopGroup.open(loops)) {
            Listener listening = start.on(group, new InetSocketAddress("127.0.0.1", port));
            System.out.println("listening on " + listening.address());
            group.await();
        }
    }
}

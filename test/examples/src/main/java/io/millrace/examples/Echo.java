// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Sends back what comes (RFC 862), on a loop for each processor, and reads no faster than the client does. */
public final class Echo {
    private Echo() {}

    static Listener start(LoopGroup loops, InetSocketAddress address) throws IOException {
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(Echo::open));
    }

    private static void open(ByteStream stream) {
        stream.onData(in -> {
            stream.write(in);
            in.consume(in.readable());
        });
    }

    /** {@code nc 127.0.0.1 7007} talks to it. */
    public static void main(String[] args) throws Exception {
        Program.run(Runtime.getRuntime().availableProcessors(), 7007, Echo::start);
    }
}

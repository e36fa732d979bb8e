// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.web;

import io.millrace.core.LineEnd;
import io.millrace.core.TimeLimit;
import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * A protocol of lines, and no HTTP: each line goes to all, each period a line says how many there are, and a client
 * that says nothing for a minute is let go. One loop does it all, and so nothing is locked.
 */
public final class LineServer {
    private static final int LONGEST = 1000;

    private final Set<ByteStream> clients = new HashSet<>();

    Listener listen(LoopGroup loops, InetSocketAddress address, Duration period) throws IOException {
        loops.loop(0).every(period, () -> tell(clients.size() + " are here"));
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(this::open));
    }

    private void open(ByteStream client) {
        clients.add(client);
        client.link().flow().timeout(TimeLimit.READ, Duration.ofMinutes(1).toNanos());
        client.onLine(LineEnd.ANY, LONGEST, this::tell);
        client.onClosed(why -> clients.remove(client));
    }

    private void tell(String line) {
        clients.forEach(client -> client.write(line + "\r\n"));
    }

    /** Listens at port 7000. */
    public static void main(String[] args) throws Exception {
        try (LoopGroup loops = LoopGroup.open(1)) {
            new LineServer().listen(loops, new InetSocketAddress("127.0.0.1", 7000), Duration.ofSeconds(10));
            loops.await();
        }
    }
}

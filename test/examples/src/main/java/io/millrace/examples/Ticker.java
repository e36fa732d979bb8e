// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.loop.EventLoop;
import io.millrace.loop.Timer;
import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/** Counts for each client, a number every so often, each connection by a timer of its own on the loop. */
public final class Ticker {
    private final EventLoop loop;
    private final Duration period;
    private final ByteStream stream;
    private Timer timer;
    private int count;

    private Ticker(EventLoop loop, Duration period, ByteStream stream) {
        this.loop = loop;
        this.period = period;
        this.stream = stream;
    }

    static Listener start(LoopGroup loops, InetSocketAddress address, Duration period) throws IOException {
        EventLoop loop = loops.loop(0);
        return loops.listen(
                ListenOptions.on(address), () -> ByteStream.each(stream -> new Ticker(loop, period, stream).open()));
    }

    private void open() {
        timer = loop.every(period, this::tick);
        stream.onClosed(why -> timer.cancel());
    }

    private void tick() {
        // A client that does not read is not counted for.
        if (stream.writable()) {
            stream.write(count++ + "\n");
        }
    }

    /** {@code nc 127.0.0.1 7022}. */
    public static void main(String[] args) throws Exception {
        Program.run(1, 7022, (loops, address) -> start(loops, address, Duration.ofSeconds(1)));
    }
}

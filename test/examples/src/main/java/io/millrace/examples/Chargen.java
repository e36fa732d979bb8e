// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.core.TimeLimit;
import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * Sends characters without end (RFC 864) and discards what comes (RFC 863). Shows a producer that is bound by water
 * marks: it stops at the high one and is called at the low one, so that a client that reads slowly costs a fixed amount
 * of memory; one that reads nothing for ten seconds is reset.
 */
public final class Chargen {
    private static final String CHARACTERS =
            "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~ ";
    private static final int WIDTH = 72;

    private final ByteStream stream;
    private int line;

    private Chargen(ByteStream stream) {
        this.stream = stream;
    }

    static Listener start(LoopGroup loops, InetSocketAddress address) throws IOException {
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(stream -> new Chargen(stream).open()));
    }

    private void open() {
        stream.link().flow().writeWatermarks(4 * 1024, 32 * 1024);
        stream.link().flow().timeout(TimeLimit.WRITE, Duration.ofSeconds(10).toNanos());
        // Without onData, what comes is dropped.
        stream.onDrained(this::produce).onLate(which -> stream.abort());
        produce();
    }

    private void produce() {
        while (stream.writable()) {
            for (int i = 0; i < WIDTH; i++) {
                stream.out().append((byte) CHARACTERS.charAt((line + i) % CHARACTERS.length()));
            }
            stream.out().appendLatin1("\r\n");
            line++;
        }
        stream.link().flush();
    }

    /** {@code nc 127.0.0.1 7019 | head} shows some of it. */
    public static void main(String[] args) throws Exception {
        Program.run(1, 7019, Chargen::start);
    }
}

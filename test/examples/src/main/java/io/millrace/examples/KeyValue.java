// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.core.LineEnd;
import io.millrace.core.TimeLimit;
import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * A store with a protocol of lines: {@code SET key value}, {@code GET key}, {@code DEL key}, {@code QUIT}. Requests may
 * come many at once; their answers leave together, in order. One loop owns the map, so nothing is locked.
 */
public final class KeyValue {
    private static final int LONGEST = 64 * 1024;

    private final Map<String, String> values = new HashMap<>();

    static Listener start(LoopGroup loops, InetSocketAddress address) throws IOException {
        KeyValue store = new KeyValue();
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(store::open));
    }

    private void open(ByteStream stream) {
        stream.link().flow().timeout(TimeLimit.IDLE, Duration.ofMinutes(5).toNanos());
        stream.onLine(LineEnd.CRLF, LONGEST, line -> {
            if (line.equals("QUIT")) {
                stream.close();
            } else {
                stream.write(answer(line.split(" ", 3)) + "\r\n");
            }
        });
    }

    private String answer(String[] words) {
        return switch (words[0] + " " + words.length) {
            case "SET 3" -> {
                values.put(words[1], words[2]);
                yield "OK";
            }
            case "GET 2" -> values.containsKey(words[1]) ? "VALUE " + values.get(words[1]) : "NONE";
            case "DEL 2" -> values.remove(words[1]) == null ? "NONE" : "OK";
            default -> "ERROR unknown request";
        };
    }

    /** {@code nc -C 127.0.0.1 7023}, then {@code SET a 1}. */
    public static void main(String[] args) throws Exception {
        Program.run(1, 7023, KeyValue::start);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.core.LineEnd;
import io.millrace.core.SharedBytes;
import io.millrace.net.ByteStream;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import io.millrace.transport.LoopGroup;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Each client hears what any client says. One loop, so the map of who is there needs no lock; one {@link SharedBytes}
 * for each line, which all connections send from the same array. Who cannot keep up is shown the door, for the others
 * must not wait.
 */
public final class Chat {
    private static final long TOO_FAR_BEHIND = 1 << 20;

    private final Map<ByteStream, String> names = new LinkedHashMap<>();

    static Listener start(LoopGroup loops, InetSocketAddress address) throws IOException {
        Chat chat = new Chat();
        return loops.listen(ListenOptions.on(address), () -> ByteStream.each(chat::open));
    }

    private void open(ByteStream stream) {
        stream.write("your name?\r\n");
        stream.onLine(LineEnd.CRLF, 400, line -> said(stream, line)).onClosed(why -> left(stream));
    }

    private void said(ByteStream stream, String line) {
        String name = names.get(stream);
        if (name == null) {
            names.put(stream, line.strip());
            tell("* " + line.strip() + " has come, that makes " + names.size());
        } else {
            tell(name + ": " + line);
        }
    }

    private void left(ByteStream stream) {
        String name = names.remove(stream);
        if (name != null) {
            tell("* " + name + " has gone");
        }
    }

    private void tell(String text) {
        // Lines come in as bytes, a character each, and leave as the same bytes.
        SharedBytes line = SharedBytes.of((text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        for (ByteStream stream : names.keySet()) {
            if (stream.link().pending() > TOO_FAR_BEHIND) {
                stream.abort();
            } else {
                stream.write(line);
            }
        }
    }

    /** {@code nc 127.0.0.1 7020}, in two windows. */
    public static void main(String[] args) throws Exception {
        Program.run(1, 7020, Chat::start);
    }
}

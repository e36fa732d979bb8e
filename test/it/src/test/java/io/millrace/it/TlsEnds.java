// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.core.Tls;
import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.tls.TlsContext;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A client and a server over TLS in memory; the test carries the bytes between them. */
final class TlsEnds {

    /** One end's protocol: takes everything and notes what it is told. */
    static final class End implements Protocol {
        final ByteArrayOutputStream input = new ByteArrayOutputStream();
        final List<String> told = new ArrayList<>();
        Link link;
        Tls tls;

        Protocol over(Tls session) {
            tls = session;
            return this;
        }

        @Override
        public void opened(Link opened) {
            link = opened;
            told.add("opened");
        }

        @Override
        public void receive(Buffer in, Link from) {
            input.writeBytes(in.take(in.readable()));
        }

        @Override
        public void inputClosed(Link from) {
            told.add("ended");
        }

        @Override
        public void closed(CloseCause why) {
            told.add("closed " + why);
        }

        String text() {
            return input.toString(StandardCharsets.ISO_8859_1);
        }
    }

    final FakeClock clock = new FakeClock();
    final End server = new End();
    final End client = new End();
    final MemoryLink serverLink;
    final MemoryLink clientLink;

    /** How many bytes pass at a time. */
    int piece = Integer.MAX_VALUE;

    /** Bytes that have passed from the client to the server, and back. */
    final ByteArrayOutputStream toServer = new ByteArrayOutputStream();

    final ByteArrayOutputStream toClient = new ByteArrayOutputStream();

    TlsEnds(TlsContext serverContext, TlsContext clientContext, String host) {
        serverLink = new MemoryLink(serverContext.accept(server::over), clock);
        clientLink = new MemoryLink(clientContext.connect(host, 443, client::over), clock);
    }

    /** Carries bytes to and fro until neither end has more to say. */
    TlsEnds pump() {
        boolean moved;
        do {
            moved = carry(clientLink, serverLink, toServer) | carry(serverLink, clientLink, toClient);
        } while (moved);
        return this;
    }

    private boolean carry(MemoryLink from, MemoryLink to, ByteArrayOutputStream seen) {
        byte[] bytes = from.run().take().getBytes(StandardCharsets.ISO_8859_1);
        seen.writeBytes(bytes);
        for (int at = 0; at < bytes.length; ) {
            int end = (int) Math.min(bytes.length, (long) at + piece);
            to.feed(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        return bytes.length > 0;
    }

    static void send(End end, MemoryLink carrier, byte[] bytes) {
        carrier.execute(() -> {
            end.link.out().append(bytes);
            end.link.flush();
        });
        carrier.run();
    }

    static void send(End end, MemoryLink carrier, String text) {
        send(end, carrier, text.getBytes(StandardCharsets.ISO_8859_1));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Buffer;
import io.millrace.core.CloseCause;
import io.millrace.core.CloseMode;
import io.millrace.core.LineEnd;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.FieldList;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The opening handshake of a client (RFC 6455 section 4.1): asks, checks the answer in every point, and hands the
 * connection to {@link WebSocketProtocol}. Any other answer than 101 ends it.
 */
final class ClientOpening implements Protocol {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int MOST_HEAD = 16 * 1024;
    private static final byte[] END = {'\r', '\n', '\r', '\n'};

    private final WebSocketClient client;
    private final WebSocketListener listener;
    private final String key;
    private boolean over;

    ClientOpening(WebSocketClient client, WebSocketListener listener) {
        this.client = client;
        this.listener = listener;
        byte[] random = new byte[16];
        RANDOM.nextBytes(random);
        this.key = Base64.getEncoder().encodeToString(random);
    }

    @Override
    public void opened(Link link) {
        link.out().appendLatin1(client.request(key));
        link.flush();
        link.deadline(link.now() + client.options().limits().opening().toNanos());
    }

    @Override
    public void receive(Buffer in, Link link) {
        if (over) {
            in.consume(in.readable());
            return;
        }
        if (in.indexOf(END, 0) < 0) {
            if (in.readable() > MOST_HEAD) {
                fail(link, "the head of the answer is too large");
            }
            return;
        }
        List<String> lines = new ArrayList<>();
        for (String line; (line = in.readLine(LineEnd.CRLF)) != null && !line.isEmpty(); ) {
            lines.add(line);
        }
        String wrong = check(lines);
        DeflateParameters agreed = wrong == null ? agreed(lines) : null;
        if (wrong == null && agreed == null && first(lines, OpeningFields.EXTENSIONS) != null) {
            wrong = "the server answers with another extension than was offered";
        }
        if (wrong != null) {
            fail(link, wrong);
        } else {
            over = true;
            link.switchProtocol(opened(lines, agreed));
        }
    }

    private Protocol opened(List<String> lines, @Nullable DeflateParameters agreed) {
        String subprotocol = first(lines, OpeningFields.PROTOCOL);
        WebSocketOptions options = client.options();
        return new WebSocketProtocol(
                listener,
                options.limits(),
                subprotocol == null ? "" : subprotocol,
                agreed == null
                        ? null
                        : new DeflateSession(
                                false, agreed, options.compression(), Objects.requireNonNull(client.pool())),
                new MaskKeys());
    }

    // What is wrong with the answer, or null.
    private @Nullable String check(List<String> lines) {
        String status = lines.isEmpty() ? "" : lines.getFirst();
        if (!status.startsWith("HTTP/1.1 101")) {
            return "the server answers " + status;
        }
        String upgrade = first(lines, "Upgrade");
        if (upgrade == null || !upgrade.equalsIgnoreCase("websocket")) {
            return "the server upgrades to " + upgrade;
        }
        if (!FieldList.contains(first(lines, "Connection"), "upgrade")) {
            return "the server does not upgrade the connection";
        }
        String accept = first(lines, OpeningFields.ACCEPT);
        if (accept == null || !accept.equals(OpeningFields.accept(key))) {
            return "the server does not know the key";
        }
        String subprotocol = first(lines, OpeningFields.PROTOCOL);
        if (subprotocol != null && !client.options().subprotocols().contains(subprotocol)) {
            return "the server chose a subprotocol that was not offered";
        }
        return null;
    }

    private @Nullable DeflateParameters agreed(List<String> lines) {
        String answer = first(lines, OpeningFields.EXTENSIONS);
        WebSocketCompression wanted = client.options().compression();
        return answer == null || wanted == null ? null : DeflateParameters.answered(answer, wanted);
    }

    // The value of a field; lines of the same name joined.
    private static @Nullable String first(List<String> lines, String name) {
        String found = null;
        String start = name.toLowerCase(Locale.ROOT) + ":";
        for (String line : lines) {
            if (line.toLowerCase(Locale.ROOT).startsWith(start)) {
                String value = line.substring(start.length()).strip();
                found = found == null ? value : found + ", " + value;
            }
        }
        return found;
    }

    private void fail(Link link, String why) {
        if (!over) {
            over = true;
            listener.failed(why);
            link.close(CloseMode.NOW);
        }
    }

    @Override
    public void inputClosed(Link link) {
        fail(link, "the server closed the connection without an answer");
    }

    @Override
    public void expired(Link link) {
        fail(link, "the server did not answer in time");
    }

    @Override
    public void closed(CloseCause why) {
        if (!over) {
            over = true;
            listener.failed("the connection ended before the server answered: " + why);
        }
    }
}

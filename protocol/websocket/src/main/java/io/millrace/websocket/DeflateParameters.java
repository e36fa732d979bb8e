// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.http.FieldList;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of permessage-deflate, as one endpoint offers them and the other answers (RFC 7692 section 7.1).
 *
 * @param serverTakeover whether the server may refer to earlier messages
 * @param clientTakeover whether the client may
 * @param serverBits the server's window as a power of two
 * @param clientBits the client's
 * @param serverBitsNamed whether the server's window is named, so that the answer has to
 * @param clientBitsNamed whether the client's window is named, so that the answer may
 */
record DeflateParameters(
        boolean serverTakeover,
        boolean clientTakeover,
        int serverBits,
        int clientBits,
        boolean serverBitsNamed,
        boolean clientBitsNamed) {
    static final String NAME = "permessage-deflate";
    static final int LEAST_BITS = 8;
    static final int MOST_BITS = 15;

    private static final String SERVER_TAKEOVER = "server_no_context_takeover";
    private static final String CLIENT_TAKEOVER = "client_no_context_takeover";
    private static final String SERVER_BITS = "server_max_window_bits";
    private static final String CLIENT_BITS = "client_max_window_bits";

    /**
     * Returns what a server agrees to: the first offer that it can accept, narrowed by what it wants itself;
     * {@code null} if there is none.
     *
     * @param offers the field Sec-WebSocket-Extensions, its lines joined; may be {@code null}
     */
    static @Nullable DeflateParameters negotiate(@Nullable String offers, WebSocketCompression wanted) {
        if (offers == null || wanted == null) {
            return null;
        }
        int from = 0;
        for (int count = 0; from <= offers.length() && count < FieldList.MOST; count++) {
            int to = FieldList.end(offers, from);
            DeflateParameters offer = parse(offers.substring(from, to), true);
            if (offer != null) {
                return offer.accepted(wanted);
            }
            from = to + 1;
        }
        return null;
    }

    private DeflateParameters accepted(WebSocketCompression wanted) {
        return new DeflateParameters(
                serverTakeover && wanted.sendTakeover(),
                clientTakeover && wanted.receiveTakeover(),
                Math.min(serverBits, wanted.sendWindow()),
                clientBitsNamed ? Math.min(clientBits, wanted.receiveWindow()) : MOST_BITS,
                serverBitsNamed,
                clientBitsNamed);
    }

    /** Returns what the answer of the server says. */
    String answer() {
        return NAME
                + (serverTakeover ? "" : "; " + SERVER_TAKEOVER)
                + (clientTakeover ? "" : "; " + CLIENT_TAKEOVER)
                + (serverBits == MOST_BITS && !serverBitsNamed ? "" : "; " + SERVER_BITS + "=" + serverBits)
                + (clientBits == MOST_BITS ? "" : "; " + CLIENT_BITS + "=" + clientBits);
    }

    /** Returns what a client offers. */
    static String offer(WebSocketCompression wanted) {
        return NAME
                + (wanted.receiveTakeover() ? "" : "; " + SERVER_TAKEOVER)
                + (wanted.sendTakeover() ? "" : "; " + CLIENT_TAKEOVER)
                + (wanted.receiveWindow() == MOST_BITS ? "" : "; " + SERVER_BITS + "=" + wanted.receiveWindow())
                + "; " + CLIENT_BITS
                + (wanted.sendWindow() == MOST_BITS ? "" : "=" + wanted.sendWindow());
    }

    /**
     * Returns what the answer of a server to {@link #offer} means, {@code null} if it is none that the client may take.
     */
    static @Nullable DeflateParameters answered(String answer, WebSocketCompression wanted) {
        DeflateParameters said = parse(answer, false);
        if (said == null
                || (said.serverTakeover && !wanted.receiveTakeover())
                || said.serverBits > wanted.receiveWindow()
                || (said.clientBits > wanted.sendWindow() && said.clientBitsNamed)) {
            return null;
        }
        return new DeflateParameters(
                said.serverTakeover,
                said.clientTakeover && wanted.sendTakeover(),
                said.serverBits,
                Math.min(said.clientBits, wanted.sendWindow()),
                said.serverBitsNamed,
                said.clientBitsNamed);
    }

    /** Reads one element of the field; {@code null} for another extension, and for parameters that must not be. */
    private static @Nullable DeflateParameters parse(String element, boolean offer) {
        String[] parts = element.split(";", -1);
        if (!parts[0].strip().equalsIgnoreCase(NAME)) {
            return null;
        }
        boolean serverTakeover = true;
        boolean clientTakeover = true;
        int serverBits = MOST_BITS;
        int clientBits = MOST_BITS;
        Set<String> seen = new HashSet<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String name = (equals < 0 ? parts[i] : parts[i].substring(0, equals)).strip();
            String value = equals < 0 ? null : parts[i].substring(equals + 1).strip();
            if (!seen.add(name)) {
                return null;
            }
            int bits = value == null ? MOST_BITS : bits(value);
            switch (name) {
                case SERVER_TAKEOVER -> serverTakeover = false;
                case CLIENT_TAKEOVER -> clientTakeover = false;
                case SERVER_BITS -> serverBits = value == null ? 0 : bits;
                case CLIENT_BITS -> clientBits = value == null && !offer ? 0 : bits;
                default -> {
                    return null;
                }
            }
            boolean flag = name.endsWith("takeover");
            if ((flag && value != null) || serverBits == 0 || clientBits == 0) {
                return null;
            }
        }
        return new DeflateParameters(
                serverTakeover,
                clientTakeover,
                serverBits,
                clientBits,
                seen.contains(SERVER_BITS),
                seen.contains(CLIENT_BITS));
    }

    // 8 to 15 without leading zeros, perhaps quoted; else 0.
    private static int bits(String value) {
        String digits = value.length() > 2 && value.startsWith("\"") && value.endsWith("\"")
                ? value.substring(1, value.length() - 1)
                : value;
        return switch (digits) {
            case "8" -> 8;
            case "9" -> 9;
            case "10" -> 10;
            case "11" -> 11;
            case "12" -> 12;
            case "13" -> 13;
            case "14" -> 14;
            case "15" -> 15;
            default -> 0;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.util.List;
import java.util.Objects;

/**
 * How a server or a client speaks WebSocket.
 *
 * @param origins which pages may connect; servers only
 * @param subprotocols those that are spoken, best first; a server takes the first that the client offers
 * @param limits what the peer may ask
 * @param compression how messages are compressed, {@code null} for not at all
 */
public record WebSocketOptions(
        OriginPolicy origins, List<String> subprotocols, WebSocketLimits limits, WebSocketCompression compression) {

    /**
     * Pages of the same host, no subprotocol, {@link WebSocketLimits#DEFAULT}, {@link WebSocketCompression#DEFAULT}.
     */
    public static final WebSocketOptions DEFAULT = new WebSocketOptions(
            OriginPolicy.SAME_HOST, List.of(), WebSocketLimits.DEFAULT, WebSocketCompression.DEFAULT);

    /**
     * Checks the options.
     *
     * @throws IllegalArgumentException if a subprotocol is no token
     */
    public WebSocketOptions {
        Objects.requireNonNull(origins);
        Objects.requireNonNull(limits);
        subprotocols = List.copyOf(subprotocols);
        for (String name : subprotocols) {
            if (!OpeningFields.isToken(name)) {
                throw new IllegalArgumentException("not the name of a subprotocol: " + name);
            }
        }
    }

    /** Returns the same for pages of these origins, see {@link OriginPolicy#of}. */
    public WebSocketOptions withOrigins(OriginPolicy policy) {
        return new WebSocketOptions(policy, subprotocols, limits, compression);
    }

    /** Returns the same with these subprotocols, best first. */
    public WebSocketOptions withSubprotocols(String... names) {
        return new WebSocketOptions(origins, List.of(names), limits, compression);
    }

    /** Returns the same with other limits. */
    public WebSocketOptions withLimits(WebSocketLimits newLimits) {
        return new WebSocketOptions(origins, subprotocols, newLimits, compression);
    }

    /** Returns the same with other compression, {@code null} for none. */
    public WebSocketOptions withCompression(WebSocketCompression newCompression) {
        return new WebSocketOptions(origins, subprotocols, limits, newCompression);
    }
}

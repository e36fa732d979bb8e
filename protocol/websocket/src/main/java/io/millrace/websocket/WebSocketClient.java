// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.core.Protocol;
import io.millrace.http.FieldList;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of a WebSocket, as a protocol for whatever connects: over HTTP/1.1 (RFC 6455 section 4.1). It does
 * not connect by itself, and TLS is the link's.
 *
 * <pre>
 *   WebSocketClient client = WebSocketClient.of(URI.create("ws://localhost:8080/chat"), WebSocketOptions.DEFAULT);
 *   connector.connect(loop, client.host(), client.port(), client.protocol(listener));
 * </pre>
 *
 * <p>Is for all threads, and for any number of connections.
 */
public final class WebSocketClient {
    private final URI uri;
    private final WebSocketOptions options;
    private final Map<String, String> fields;
    private final @Nullable DeflatePool pool;

    private WebSocketClient(URI uri, WebSocketOptions options, Map<String, String> fields, @Nullable DeflatePool pool) {
        this.uri = uri;
        this.options = options;
        this.fields = fields;
        this.pool = pool;
    }

    /**
     * Returns a client of a server.
     *
     * @param uri with the scheme {@code ws} or {@code wss}
     * @throws IllegalArgumentException if it is not such a URI, or has a fragment
     */
    public static WebSocketClient of(URI uri, WebSocketOptions options) {
        boolean known = "ws".equalsIgnoreCase(uri.getScheme()) || "wss".equalsIgnoreCase(uri.getScheme());
        if (!known || uri.getHost() == null || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("not the URI of a WebSocket: " + uri);
        }
        DeflatePool pool = options.compression() == null
                ? null
                : new DeflatePool(options.compression().level());
        return new WebSocketClient(uri, options, Map.of(), pool);
    }

    /**
     * Returns the same client with another field in its request, such as Origin, Cookie or Authorization.
     *
     * @throws IllegalArgumentException for a name or a value that cannot be sent, or a field of the handshake
     */
    public WebSocketClient withField(String name, String value) {
        boolean sendable = FieldList.isOfTokens(name) && name.indexOf(',') < 0 && isValue(value);
        String lower = name.toLowerCase(Locale.ROOT);
        boolean ours = lower.startsWith("sec-websocket-")
                || lower.equals("host")
                || lower.equals("upgrade")
                || lower.equals("connection")
                || lower.equals("content-length")
                || lower.equals("transfer-encoding");
        if (!sendable || ours) {
            throw new IllegalArgumentException("not a field for a WebSocket: " + name);
        }
        Map<String, String> more = new LinkedHashMap<>(fields);
        more.put(name, value);
        return new WebSocketClient(uri, options, more, pool);
    }

    private static boolean isValue(String value) {
        return value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c < 0x7f));
    }

    /** Returns the protocol of one connection; its listener is told {@code opened} or {@code failed}. */
    public Protocol protocol(WebSocketListener listener) {
        return new ClientOpening(this, Objects.requireNonNull(listener));
    }

    /** Returns the host to connect to. */
    public String host() {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** Returns the port to connect to. */
    public int port() {
        return uri.getPort() >= 0 ? uri.getPort() : isSecure() ? 443 : 80;
    }

    /** Returns whether the connection is to be protected by TLS. */
    public boolean isSecure() {
        return uri.getScheme().equalsIgnoreCase("wss");
    }

    WebSocketOptions options() {
        return options;
    }

    @Nullable
    DeflatePool pool() {
        return pool;
    }

    /** Returns the request with that key. */
    String request(String key) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        StringBuilder text = new StringBuilder(256).append("GET ").append(path);
        if (uri.getRawQuery() != null) {
            text.append('?').append(uri.getRawQuery());
        }
        text.append(" HTTP/1.1\r\nHost: ").append(uri.getHost());
        if (uri.getPort() >= 0) {
            text.append(':').append(uri.getPort());
        }
        text.append("\r\nUpgrade: websocket\r\nConnection: Upgrade");
        field(text, OpeningFields.KEY, key);
        field(text, OpeningFields.VERSION, "13");
        if (!options.subprotocols().isEmpty()) {
            field(text, OpeningFields.PROTOCOL, String.join(", ", options.subprotocols()));
        }
        if (options.compression() != null) {
            field(text, OpeningFields.EXTENSIONS, DeflateParameters.offer(options.compression()));
        }
        fields.forEach((name, value) -> field(text, name, value));
        return text.append("\r\n\r\n").toString();
    }

    private static void field(StringBuilder text, String name, String value) {
        text.append("\r\n").append(name).append(": ").append(value);
    }
}

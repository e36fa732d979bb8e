// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import io.millrace.core.Ascii;
import io.millrace.core.Link;
import io.millrace.core.Printable;
import io.millrace.core.Tls;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The request of an {@link Exchange}: a head that lies as bytes where it came in, with offsets into it. A wire format
 * says where the parts lie; strings are made on demand and kept until the next request. A request that outlives the
 * call that read it is {@link #detach detached}: its head is copied.
 */
public final class ExchangeRequest extends Request {
    private static final int LONGEST_RECENT = 256;
    private static final byte[] NOTHING = {};

    private final RequestBody body;
    private final Headers trailers;
    private final FieldBlock headers = new FieldBlock();
    private final RequestStrings strings = new RequestStrings();

    private byte[] array = NOTHING;
    private byte[] store = {};
    private int base;
    private int headLength;
    private int methodStart;
    private int methodEnd;
    private int targetStart;
    private int targetEnd;
    private int rawPathStart;
    private int rawPathEnd;
    private int authorityStart;
    private int authorityEnd;
    private int version;

    // Kept from request to request: they mostly name the same host.
    private String recentAuthority = "";

    private byte @Nullable [] pathArray;
    private int pathStart;
    private int pathEnd;

    private @Nullable String method;
    private @Nullable String target;
    private @Nullable String path;
    private @Nullable Map<String, Object> attributes;
    private boolean known;
    private boolean detached;
    private String scheme = "http";
    private Dispatch dispatch = Dispatch.INLINE;

    @SuppressWarnings("NullAway.Init") // begin
    private Link link;

    private @Nullable SocketAddress peer;
    private @Nullable SocketAddress socketPeer;
    private @Nullable SocketAddress local;
    private @Nullable Tls tls;

    // Who the client of a proxy is, by the proxy's address and the fields; null where no proxy is trusted.
    private final @Nullable BiFunction<SocketAddress, Headers, SocketAddress> clientAddress;

    ExchangeRequest(RequestBody body, Headers trailers) {
        this(body, trailers, null);
    }

    ExchangeRequest(
            RequestBody body,
            Headers trailers,
            @Nullable BiFunction<SocketAddress, Headers, SocketAddress> clientAddress) {
        this.clientAddress = clientAddress;
        this.body = body;
        this.trailers = trailers;
    }

    void begin(Link carrier) {
        link = carrier;
        headers.clear();
        known = false;
        dispatch = Dispatch.INLINE;
    }

    void dispatch(Dispatch place) {
        dispatch = place;
    }

    /** Whether there is a head that could be read. */
    boolean isKnown() {
        return known;
    }

    // ---- for the wire format

    /** The lines of the head; a wire format adds to them while it parses. */
    public FieldBlock fields() {
        return headers;
    }

    /**
     * A new head lies in {@code array} from {@code from} on, {@code length} bytes long. All offsets given from here on
     * count from there. Forgets everything about the request before, but not the {@link #fields}.
     */
    public void head(byte[] array, int from, int length, int version) {
        this.array = array;
        this.base = from;
        this.headLength = length;
        this.version = version;
        known = true;
        headers.view(array, from);
        authorityStart = -1;
        authorityEnd = -1;
        pathArray = null;
        method = null;
        target = null;
        path = null;
        attributes = null;
        detached = false;
        peer = null;
        unrouted();
    }

    /** Where the method lies. */
    public void method(int start, int end) {
        methodStart = start;
        methodEnd = end;
    }

    /** The scheme by which the client asks: of the connection, or as it says itself. To be said for each request. */
    public void scheme(String name) {
        if (!scheme.equals(
                name)) { // the same two strings again and again, and a write of a reference costs more than a look
            scheme = name;
        }
    }

    /** Where the target lies, and within it the path without the query. */
    public void target(int start, int end, int pathFrom, int pathTo) {
        targetStart = start;
        targetEnd = end;
        rawPathStart = pathFrom;
        rawPathEnd = pathTo;
    }

    /** Where host and port lie: in the target, in a field value, or by themselves. */
    public void authority(int start, int end) {
        authorityStart = start;
        authorityEnd = end;
    }

    /**
     * Makes the request independent of the connection and of the bytes that it was read from: other threads may hold
     * it.
     */
    void detach() {
        if (!detached) {
            peer = peer();
            detached = true;
            socketPeer = link.socketPeer();
            local = link.local();
            tls = link.tls();
            keepHead();
        }
    }

    /** Copies the head, so that the request lives on when the bytes that it was read from are gone. On the loop. */
    void keepHead() {
        if (array == store) {
            return;
        }
        if (store.length < headLength) {
            store = new byte[headLength];
        }
        System.arraycopy(array, base, store, 0, headLength);
        if (pathArray == array) {
            pathArray = store;
            pathStart -= base;
            pathEnd -= base;
        }
        array = store;
        base = 0;
        headers.view(array, base);
    }

    /** Whether the method is HEAD: the answer has no content whatever its fields say. */
    boolean isHead() {
        int length = methodEnd - methodStart;
        return known && length == 4 && Ascii.equals(array, base + methodStart, length, "HEAD");
    }

    // ---- for the handler

    @Override
    public String method() {
        if (method == null) {
            method = RequestStrings.method(array, base + methodStart, methodEnd - methodStart);
        }
        return method;
    }

    @Override
    public String target() {
        if (target == null) {
            target = Ascii.string(array, base + targetStart, targetEnd - targetStart);
        }
        return target;
    }

    @Override
    public String path() {
        if (path == null) {
            byte[] bytes = pathArray();
            path = strings.path(bytes, pathStart, pathEnd);
        }
        return path;
    }

    @Override
    public String rawPath() {
        return rawPathStart == rawPathEnd ? "/" : Ascii.string(array, base + rawPathStart, rawPathEnd - rawPathStart);
    }

    @Override
    public @Nullable String query() {
        return hasQuery() ? Ascii.string(array, queryStart(), base + targetEnd - queryStart()) : null;
    }

    @Override
    public @Nullable String query(String name) {
        return hasQuery() ? QueryText.first(array, queryStart(), base + targetEnd, name) : null;
    }

    @Override
    public List<String> queryAll(String name) {
        return hasQuery()
                ? QueryText.values(array, queryStart(), base + targetEnd, name, Integer.MAX_VALUE)
                : List.of();
    }

    private boolean hasQuery() {
        return rawPathEnd < targetEnd;
    }

    private int queryStart() {
        return base + rawPathEnd + 1;
    }

    @Override
    public Headers headers() {
        return headers;
    }

    @Override
    public int version() {
        return version;
    }

    @Override
    public String scheme() {
        return scheme;
    }

    @Override
    public String authority() {
        if (authorityStart < 0) {
            return "";
        }
        int from = base + authorityStart;
        int length = authorityEnd - authorityStart;
        if (Ascii.equals(array, from, length, recentAuthority)) {
            return recentAuthority;
        }
        String authority = Ascii.string(array, from, length);
        recentAuthority = length <= LONGEST_RECENT ? authority : "";
        return authority;
    }

    @Override
    public @Nullable SocketAddress peer() {
        if (detached) {
            return peer;
        }
        if (clientAddress == null) {
            return link.peer();
        }
        if (peer == null) {
            peer = client(link.peer());
        }
        return peer;
    }

    private @Nullable SocketAddress client(@Nullable SocketAddress from) {
        try {
            return from == null || clientAddress == null ? from : clientAddress.apply(from, headers);
        } catch (RuntimeException e) {
            System.getLogger("io.millrace.http")
                    .log(System.Logger.Level.ERROR, "the client's address was not found", e);
            return from;
        }
    }

    @Override
    public @Nullable Tls tls() {
        return detached ? tls : link.tls();
    }

    @Override
    public @Nullable SocketAddress socketPeer() {
        return detached ? socketPeer : link.socketPeer();
    }

    @Override
    public @Nullable SocketAddress local() {
        return detached ? local : link.local();
    }

    @Override
    public RequestBody body() {
        return body;
    }

    @Override
    public Headers trailers() {
        return trailers;
    }

    @Override
    public Dispatch dispatch() {
        return dispatch;
    }

    @Override
    public @Nullable Object attribute(String name) {
        return attributes == null ? null : attributes.get(name);
    }

    @Override
    public void attribute(String name, Object value) {
        if (attributes == null) {
            attributes = new HashMap<>();
        }
        attributes.put(name, value);
    }

    // ---- for the router

    @Override
    protected byte[] pathArray() {
        byte[] known = pathArray;
        return known != null ? known : findPath();
    }

    @Override
    protected int pathStart() {
        pathArray();
        return pathStart;
    }

    @Override
    protected int pathEnd() {
        pathArray();
        return pathEnd;
    }

    // "*" stays what it is; a path of escapes and dots costs a copy, any other is taken where it lies.
    private byte[] findPath() {
        int from = base + rawPathStart;
        int to = base + rawPathEnd;
        boolean asterisk = to - from == 1 && array[from] == '*';
        if (asterisk || (to > from && array[from] == '/' && PathNormalizer.plain(array, from, to))) {
            pathArray = array;
            pathStart = from;
            pathEnd = to;
            return array;
        }
        byte[] normal = PathNormalizer.normal(array, from, to);
        pathArray = normal;
        pathStart = 0;
        pathEnd = normal.length;
        return normal;
    }

    /** For logs: what is not printable ASCII is escaped, so that no client draws on a terminal. */
    @Override
    public String toString() {
        return known ? Printable.ascii(method() + " " + target()) : "a request that could not be read";
    }

    /**
     * A query as HTML forms write it: {@code name=value&name=value}, {@code +} for a blank, percent escapes (WHATWG URL
     * 5.1).
     */
    private static final class QueryText {
        /** The first value of a parameter, or {@code null}; a name without {@code =} has the value {@code ""}. */
        static @Nullable String first(byte[] bytes, int from, int to, String name) {
            List<String> values = values(bytes, from, to, name, 1);
            return values.isEmpty() ? null : values.getFirst();
        }

        /** All values of a parameter, up to {@code most}. */
        static List<String> values(byte[] bytes, int from, int to, String name, int most) {
            List<String> values = new ArrayList<>();
            for (int i = from; i < to && values.size() < most; ) {
                int end = find(bytes, i, to, '&');
                int equals = find(bytes, i, end, '=');
                if (end > i && text(bytes, i, equals).equals(name)) {
                    values.add(text(bytes, Math.min(equals + 1, end), end));
                }
                i = end + 1;
            }
            return values;
        }

        private static int find(byte[] bytes, int from, int to, char wanted) {
            int at = from;
            while (at < to && bytes[at] != wanted) {
                at++;
            }
            return at;
        }

        private static String text(byte[] bytes, int from, int to) {
            byte[] decoded = new byte[to - from];
            int length = PathNormalizer.decode(bytes, from, to, decoded, 0, true);
            return new String(decoded, 0, length, StandardCharsets.UTF_8);
        }
    }
}

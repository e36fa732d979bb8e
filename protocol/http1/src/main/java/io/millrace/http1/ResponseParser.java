// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import io.millrace.http.FieldBlock;

/**
 * Reads the responses of one connection for a client or a proxy, where their bytes lie (RFC 9112). Does no I/O, makes
 * no strings, allocates nothing for a response, and remembers where it stopped: no byte of an earlier call is looked at
 * again.
 *
 * <pre>
 *   begin ─► INTERIM* ─► HEAD ─► DATA* ─► END ─► begin
 * </pre>
 *
 * <pre>{@code
 * parser.begin("GET");
 * int event;
 * do {
 *     event = parser.step(in.array(), in.head(), in.tail());
 *     switch (event) {
 *         case ResponseParser.HEAD -> use(parser.status(), parser.fields());
 *         case ResponseParser.DATA -> use(in.array(), parser.dataStart(), parser.dataLength());
 *         default -> {}
 *     }
 *     in.consume(parser.consumed());
 * } while (event > 0 && event != ResponseParser.END);
 * }</pre>
 *
 * <p>What the steps consume is the message as it was sent, byte by byte and in order, so that a proxy may pass it on as
 * it is. {@link #fields}, {@link #trailers}, reason phrase and data are valid until the caller moves or overwrites the
 * bytes. Between two steps bytes that were not consumed may move; they must come again, with more behind them.
 *
 * <p>What this parser accepts although no server ought to send it, because the recipient is allowed or asked to, and
 * the end of the message is the same for every reader:
 *
 * <table>
 * <caption>Accepted</caption>
 * <tr><td>a bare LF as the end of the status line or of a field line</td><td>RFC 9112 section 2.2</td></tr>
 * <tr><td>a status line without reason phrase and the blank before it</td><td>RFC 9112 section 4</td></tr>
 * <tr><td>a value folded over several lines; blanks are written over its ends of line when the head is whole</td>
 *     <td>RFC 9112 section 5.2</td></tr>
 * <tr><td>blanks between a field's name and its colon, which belong to neither</td><td>RFC 9112 section 5.1</td></tr>
 * <tr><td>the same Content-Length several times</td><td>RFC 9112 section 6.3</td></tr>
 * <tr><td>Content-Length beside Transfer-Encoding, which decides; the connection does not last</td>
 *     <td>RFC 9112 section 6.3</td></tr>
 * <tr><td>a status below 100 or above 599, which counts as a server's error: {@link #statusClass}</td>
 *     <td>RFC 9110 section 15</td></tr>
 * </table>
 *
 * <p>What it refuses: lengths that differ or are no numbers, and transfer codings that are malformed, repeat chunked or
 * come with HTTP/1.0, where they frame the message ({@link #AMBIGUOUS}); a CR that is not followed by LF, control
 * characters in a field, white space before the first field line, anything before the status line, and in a chunked
 * body every departure from the grammar, a bare LF among them ({@link #MALFORMED}).
 *
 * <p>A strict parser refuses also a bare LF, a folded value and blanks before a colon in a head, and Content-Length
 * beside Transfer-Encoding: for clients and proxies that would rather fail than read what another recipient may read
 * differently.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class ResponseParser {
    /** All bytes were looked at: more are needed. Those that were not consumed must come again with them. */
    public static final int NEED_MORE = -1;

    /** A piece of the body: {@link #dataStart} and {@link #dataLength}. */
    public static final int DATA = 1;

    /** The response is complete; {@link #begin} comes next. {@link #trailers} are those of a chunked body. */
    public static final int END = 2;

    /** The head of the final response, consumed as a whole. */
    public static final int HEAD = 3;

    /** The head of an interim response (RFC 9110 section 15.2), consumed as a whole: the final one is still to come. */
    public static final int INTERIM = 4;

    /** Error: these bytes are no HTTP/1 response. */
    public static final int MALFORMED = -2;

    /** Error: the head, a chunked body's trailers or its extensions go beyond the limits. */
    public static final int TOO_LARGE = -3;

    /** Error: the major version is not 1. */
    public static final int UNKNOWN_VERSION = -4;

    /** Error: two readers could find different ends of this message (RFC 9112 section 6.3). */
    public static final int AMBIGUOUS = -5;

    /** Error: the connection ended before the response did. */
    public static final int CUT_SHORT = -6;

    private static final int SHORTEST_HEAD = 16;

    /** How the end of a body is told (RFC 9112 section 6.3). */
    public enum Framing {
        /** There is no body: the message ends with its head. */
        NONE,

        /** By its length, {@link ResponseParser#contentLength}, which is at least 1. */
        LENGTH,

        /** By its last chunk. */
        CHUNKED,

        /** By the end of the connection. */
        UNTIL_CLOSE,

        /** 101, or 2xx for CONNECT: what follows the head is no HTTP/1. */
        TUNNEL
    }

    private enum State {
        HEAD,
        AFTER_INTERIM,
        LENGTH,
        CHUNKED,
        UNTIL_CLOSE,
        COMPLETE,
        OVER
    }

    private final ResponseHeadParser head;
    private final ResponseFraming framing;
    private final ChunkedDecoder chunks;
    private final FieldBlock fields = new FieldBlock();

    private State state = State.OVER;
    private boolean answersHead;
    private boolean answersConnect;
    private boolean interim;
    private int failure;
    private long left;
    private int headStart;
    private int consumed;
    private int dataStart;
    private int dataLength;

    /**
     * A parser with limits.
     *
     * @param mostHead bytes of a head, of an interim one as well; and of a chunked body's extensions and trailers
     *     together
     * @param mostFields field lines of a head, and trailers
     * @throws IllegalArgumentException if a limit leaves no room for a response: fewer than 16 bytes or no field
     */
    public ResponseParser(int mostHead, int mostFields) {
        this(mostHead, mostFields, false);
    }

    /**
     * A parser with limits that is strict or not.
     *
     * @param strict whether to refuse what a recipient may accept
     * @throws IllegalArgumentException as {@link #ResponseParser(int, int)}
     */
    public ResponseParser(int mostHead, int mostFields, boolean strict) {
        if (mostHead < SHORTEST_HEAD || mostFields < 1) {
            throw new IllegalArgumentException(mostHead + " bytes and " + mostFields + " fields hold no response");
        }
        head = new ResponseHeadParser(mostHead, mostFields, strict);
        framing = new ResponseFraming(strict);
        chunks = new ChunkedDecoder(mostHead, mostFields);
    }

    /**
     * Begins the response to the next request.
     *
     * @param method the request's method: HEAD and CONNECT change where the response ends
     */
    public void begin(String method) {
        answersHead = method.equals("HEAD");
        answersConnect = method.equals("CONNECT");
        interim = false;
        failure = 0;
        chunks.begin();
        beginHead();
    }

    private void beginHead() {
        state = State.HEAD;
        head.begin(fields);
    }

    /**
     * Goes on with {@code bytes} from {@code from} to {@code to}, up to the next event; {@link #consumed} says how many
     * bytes it has used up.
     *
     * @return {@link #INTERIM}, {@link #HEAD}, {@link #DATA}, {@link #END} or {@link #NEED_MORE}; else an error, after
     *     which the connection is of no use any more
     * @throws IllegalStateException if the response has ended and no other was begun
     */
    public int step(byte[] bytes, int from, int to) {
        consumed = 0;
        int event = failure;
        if (failure == 0) {
            if (state == State.AFTER_INTERIM) {
                beginHead();
            }
            event = switch (state) {
                case HEAD, AFTER_INTERIM -> head(bytes, from, to);
                case LENGTH -> length(from, to);
                case CHUNKED -> chunk(bytes, from, to);
                case UNTIL_CLOSE -> data(from, to - from);
                case COMPLETE -> over();
                case OVER -> throw new IllegalStateException("begin() comes first");
            };
            failure = event < NEED_MORE ? event : 0;
        }
        return event;
    }

    /**
     * Says that the peer sends nothing more.
     *
     * @return {@link #END} if that completes the response, {@link #NEED_MORE} if nothing of one has come, else
     *     {@link #CUT_SHORT}
     */
    public int end() {
        consumed = 0;
        if (failure == 0 && (state == State.UNTIL_CLOSE || state == State.COMPLETE)) {
            return over();
        }
        return begun() ? CUT_SHORT : NEED_MORE;
    }

    private int over() {
        state = State.OVER;
        return END;
    }

    // ---- the head

    private int head(byte[] bytes, int from, int to) {
        int length = head.parse(bytes, from, to);
        if (length < 0) {
            return length;
        }
        fields.view(bytes, from);
        headStart = from;
        consumed = length;
        if (head.status() / 100 == 1 && head.status() != 101) {
            interim = true;
            state = State.AFTER_INTERIM;
            return INTERIM;
        }
        int failed = framing.check(head, fields, answersHead, answersConnect);
        if (failed != 0) {
            return failed;
        }
        beginBody();
        return HEAD;
    }

    private void beginBody() {
        state = switch (framing.framing()) {
            case NONE, TUNNEL -> State.COMPLETE;
            case LENGTH -> State.LENGTH;
            case CHUNKED -> State.CHUNKED;
            case UNTIL_CLOSE -> State.UNTIL_CLOSE;
        };
        left = framing.length();
    }

    // ---- the body

    private int length(int from, int to) {
        int count = (int) Math.min(left, to - from);
        left -= count;
        if (left == 0) {
            state = State.COMPLETE;
        }
        return data(from, count);
    }

    private int data(int from, int count) {
        dataStart = from;
        dataLength = count;
        consumed = count;
        return count == 0 ? NEED_MORE : DATA;
    }

    private int chunk(byte[] bytes, int from, int to) {
        int result = chunks.step(bytes, from, to, null);
        if (result < NEED_MORE) {
            return result == -431 ? TOO_LARGE : MALFORMED;
        }
        consumed = chunks.consumed();
        dataStart = chunks.dataStart();
        dataLength = chunks.dataLength();
        return result == ChunkedDecoder.END ? over() : result;
    }

    // ---- what the last step found

    /** Number of bytes that the last step has used up, from its {@code from} on. */
    public int consumed() {
        return consumed;
    }

    /** After {@link #DATA}: the index of the data in the array that {@link #step} was given. */
    public int dataStart() {
        return dataStart;
    }

    /** After {@link #DATA}: the length of the data in bytes, at least 1. */
    public int dataLength() {
        return dataLength;
    }

    // ---- what the head says, from INTERIM or HEAD on

    /** The status code: three digits, of which a server may have sent any. */
    public int status() {
        return head.status();
    }

    /**
     * The class of the status, 1 to 5. What is not from 100 to 599 is treated as a server's error (RFC 9110 section
     * 15).
     */
    public int statusClass() {
        int status = head.status();
        return status >= 100 && status <= 599 ? status / 100 : 5;
    }

    /** The version times ten: 10 or 11. */
    public int version() {
        return head.version();
    }

    /** Index of the reason phrase in the array that {@link #step} was given. */
    public int reasonStart() {
        return headStart + head.reasonStart();
    }

    /** Index after the reason phrase, which may be empty. */
    public int reasonEnd() {
        return headStart + head.reasonEnd();
    }

    /** The field lines, as a view of the bytes: to be read, and not to be changed. */
    public FieldBlock fields() {
        return fields;
    }

    // ---- what the head means, from HEAD on

    /** How the end of the body is told. */
    public Framing framing() {
        return framing.framing();
    }

    /**
     * Content-Length in bytes: the length of the body, or the one it would have had after HEAD and in a 304. -1 if the
     * field is missing, cannot be understood, or is overridden by Transfer-Encoding; a proxy then does not pass it on.
     */
    public long contentLength() {
        return framing.length();
    }

    /**
     * Whether the server has applied a transfer coding besides chunked. {@link #DATA} then brings what is still coded;
     * a client that has not sent TE has not asked for it.
     */
    public boolean coded() {
        return framing.coded();
    }

    /**
     * Whether the connection may carry another request once the response has ended (RFC 9112 section 9.3). Never for
     * {@link Framing#UNTIL_CLOSE} and {@link Framing#TUNNEL}.
     */
    public boolean lasts() {
        return framing.lasts();
    }

    // ---- the response as a whole

    /**
     * Whether any byte of the response has come. As long as none has, a request on a connection that the server has
     * closed may not have been seen by it (RFC 9112 section 9.3.1).
     */
    public boolean begun() {
        return switch (state) {
            case HEAD -> interim || head.begun();
            case OVER -> false;
            default -> true;
        };
    }

    /** After {@link #END}: the trailer fields, as a view of the bytes that the last step has consumed. */
    public FieldBlock trailers() {
        return chunks.trailers();
    }

    /**
     * Says in words what an error means.
     *
     * @throws IllegalArgumentException if {@code error} is none of the errors of this class
     */
    public static String describe(int error) {
        return switch (error) {
            case MALFORMED -> "not an HTTP/1 response";
            case TOO_LARGE -> "the head of the response, or its trailers, are too large";
            case UNKNOWN_VERSION -> "the response is of a version of HTTP other than 1";
            case AMBIGUOUS -> "the response does not say clearly where it ends";
            case CUT_SHORT -> "the connection ended before the response did";
            default -> throw new IllegalArgumentException("no error: " + error);
        };
    }
}

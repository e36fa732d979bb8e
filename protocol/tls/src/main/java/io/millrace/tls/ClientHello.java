// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Looks into a ClientHello (RFC 8446 section 4.1.2) for the name that the client asks for (RFC 6066 section 3) and the
 * application protocols that it offers (RFC 7301), before an engine sees it. Whether the message is valid is the
 * engine's to say.
 */
public final class ClientHello {
    private static final int HANDSHAKE = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;
    private static final int APPLICATION_PROTOCOLS = 16;

    /** No client needs more; what is longer is shown to the engine without a name. */
    private static final int LONGEST = 48 * 1024;

    private static final int RECORD_HEADER = 5;
    private static final int MESSAGE_HEADER = 4;

    private ClientHello() {}

    /** Returns whether more bytes are needed to read the name, or to see that there is none. */
    public static boolean isIncomplete(Buffer bytes) {
        if (bytes.readable() < RECORD_HEADER) {
            return bytes.isEmpty() || bytes.peek(0) == HANDSHAKE;
        }
        return bytes.peek(0) == HANDSHAKE && bytes.readable() < LONGEST && message(bytes) == null;
    }

    /** Returns the host name that is asked for, in lower case, {@code null} if there is none. */
    public static @Nullable String serverName(Buffer bytes) {
        byte[] hello = helloIn(bytes);
        try {
            return hello == null ? null : nameIn(hello);
        } catch (ArrayIndexOutOfBoundsException e) {
            // The engine will refuse it.
            return null;
        }
    }

    /** Returns whether the client offers an application protocol (ALPN). */
    public static boolean offers(Buffer bytes, String protocol) {
        byte[] hello = helloIn(bytes);
        try {
            return hello != null && offersIn(hello, protocol.getBytes(StandardCharsets.ISO_8859_1));
        } catch (ArrayIndexOutOfBoundsException e) {
            return false;
        }
    }

    /** The body of the message; {@code null} if there is none, or not all of it. */
    private static byte @Nullable [] helloIn(Buffer bytes) {
        byte[] message = bytes.readable() < RECORD_HEADER ? null : message(bytes);
        return message == null || message.length == 0 ? null : message;
    }

    /**
     * The body of the message, which may be spread over several records; {@code null} if it is not whole, and nothing
     * if this is another message.
     */
    private static byte @Nullable [] message(Buffer bytes) {
        byte[] all = new byte[bytes.readable()];
        int length = 0;
        for (int at = 0; at + RECORD_HEADER <= bytes.readable() && bytes.peek(at) == HANDSHAKE; ) {
            int count = Math.min(u16(bytes, at + 3), bytes.readable() - at - RECORD_HEADER);
            bytes.copyOut(at + RECORD_HEADER, all, length, count);
            length += count;
            at += RECORD_HEADER + u16(bytes, at + 3);
        }
        if (length > 0 && all[0] != CLIENT_HELLO) {
            return new byte[0];
        }
        if (length < MESSAGE_HEADER) {
            return null;
        }
        int body = (all[1] & 0xff) << 16 | u16(all, 2);
        return length - MESSAGE_HEADER < body ? null : Arrays.copyOfRange(all, MESSAGE_HEADER, MESSAGE_HEADER + body);
    }

    private static @Nullable String nameIn(byte[] hello) {
        int at = extension(hello, SERVER_NAME);
        if (at < 0 || u16(hello, at - 2) <= 5 || hello[at + 2] != 0) {
            return null;
        }
        int length = u16(hello, at + 3);
        return length > hello.length - at - 5
                ? null
                : new String(hello, at + 5, length, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
    }

    private static boolean offersIn(byte[] hello, byte[] protocol) {
        int begin = extension(hello, APPLICATION_PROTOCOLS);
        if (begin < 0) {
            return false;
        }
        int end = begin + u16(hello, begin - 2);
        for (int at = begin + 2; at < end; at += 1 + (hello[at] & 0xff)) {
            int last = at + 1 + (hello[at] & 0xff);
            if (Arrays.equals(hello, at + 1, Math.min(last, hello.length), protocol, 0, protocol.length)) {
                return true;
            }
        }
        return false;
    }

    /** Where the data of an extension begins, after its length; -1 if it is not there. */
    private static int extension(byte[] hello, int type) {
        int at = 2 + 32;
        at += 1 + (hello[at] & 0xff);
        at += 2 + u16(hello, at);
        at += 1 + (hello[at] & 0xff);
        for (at += 2; at + 4 <= hello.length; at += 4 + u16(hello, at + 2)) {
            if (u16(hello, at) == type) {
                return at + 4;
            }
        }
        return -1;
    }

    private static int u16(Buffer bytes, int at) {
        return (bytes.peek(at) & 0xff) << 8 | (bytes.peek(at + 1) & 0xff);
    }

    private static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }
}

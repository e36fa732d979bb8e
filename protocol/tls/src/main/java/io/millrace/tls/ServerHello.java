// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** Looks into the ServerHello (RFC 8446 section 4.1.3) for what the JDK's engine does not tell. */
final class ServerHello {
    private static final int HANDSHAKE = 22;
    private static final int SERVER_HELLO = 2;
    private static final int PRE_SHARED_KEY = 41;

    private ServerHello() {}

    /** Whether the bytes from {@code at} on are a record with a ServerHello, and no request for another ClientHello. */
    static boolean isAt(Buffer bytes, int at) {
        return bytes.readable() - at > 5 + 4 + 2 + 32
                && (bytes.peek(at) & 0xff) == HANDSHAKE
                && bytes.peek(at + 5) == SERVER_HELLO
                && !Arrays.equals(random(bytes, at), retryRandom());
    }

    private static byte[] random(Buffer bytes, int at) {
        byte[] random = new byte[32];
        bytes.copyOut(at + 11, random, 0, 32);
        return random;
    }

    /** The random that makes a ServerHello a HelloRetryRequest. */
    private static byte[] retryRandom() {
        try {
            return MessageDigest.getInstance("SHA-256").digest("HelloRetryRequest".getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether a ServerHello of TLS 1.3 says that an earlier session's secret is used: it has that extension. */
    static boolean hasPreSharedKey(Buffer bytes, int at) {
        int end = Math.min(bytes.readable(), at + 9 + short16(bytes, at + 7));
        int sessionId = at + 5 + 4 + 2 + 32;
        int extensions = sessionId + 1 + (bytes.peek(sessionId) & 0xff) + 2 + 1 + 2;
        for (int each = extensions; each + 4 <= end; each += 4 + short16(bytes, each + 2)) {
            if (short16(bytes, each) == PRE_SHARED_KEY) {
                return true;
            }
        }
        return false;
    }

    private static int short16(Buffer bytes, int at) {
        return ((bytes.peek(at) & 0xff) << 8) | (bytes.peek(at + 1) & 0xff);
    }
}

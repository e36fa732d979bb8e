// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import java.nio.charset.StandardCharsets;

/**
 * What a Close says (RFC 6455 sections 5.5.1, 7.4 and 8.1): a code and a reason, or nothing.
 *
 * @param error the code to refuse it with if a byte of it is wrong, else 0
 * @param answer what to answer: the same code, or nothing
 */
record ClosePayload(int code, String reason, int error, byte[] answer) {
    private static final byte[] NOTHING = {};

    /** Reads the peer's. */
    static ClosePayload read(byte[] bytes, int from, int length) {
        if (length == 0) {
            return new ClosePayload(CloseCode.NO_STATUS, "", 0, NOTHING);
        }
        int code = length == 1 ? 0 : ((bytes[from] & 0xff) << 8) | (bytes[from + 1] & 0xff);
        if (!CloseCode.isSendable(code)) {
            return new ClosePayload(code, "wrong close code", CloseCode.PROTOCOL_ERROR, NOTHING);
        }
        Utf8Validator utf8 = new Utf8Validator();
        if (!utf8.accept(bytes, from + 2, length - 2) || !utf8.isComplete()) {
            return new ClosePayload(code, "invalid close reason", CloseCode.INVALID_DATA, NOTHING);
        }
        String reason = new String(bytes, from + 2, length - 2, StandardCharsets.UTF_8);
        return new ClosePayload(code, reason, 0, write(code, NOTHING));
    }

    /** Returns the bytes of a code and a reason. */
    static byte[] write(int code, byte[] reason) {
        byte[] bytes = new byte[2 + reason.length];
        bytes[0] = (byte) (code >>> 8);
        bytes[1] = (byte) code;
        System.arraycopy(reason, 0, bytes, 2, reason.length);
        return bytes;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.websocket;

import io.millrace.http.FieldList;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the fields of the opening handshake say (RFC 6455 sections 4 and 11.3). */
final class OpeningFields {
    static final String KEY = "Sec-WebSocket-Key";
    static final String ACCEPT = "Sec-WebSocket-Accept";
    static final String VERSION = "Sec-WebSocket-Version";
    static final String PROTOCOL = "Sec-WebSocket-Protocol";
    static final String EXTENSIONS = "Sec-WebSocket-Extensions";

    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int KEY_LENGTH = 24;

    private OpeningFields() {}

    /** Returns whether a key is 16 bytes in base64. */
    static boolean isKey(String key) {
        if (key.length() != KEY_LENGTH || !key.endsWith("==")) {
            return false;
        }
        try {
            return Base64.getDecoder().decode(key).length == 16;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** Returns what a server answers to a key. */
    static String accept(@Nullable String key) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            return Base64.getEncoder().encodeToString(sha1.digest((key + GUID).getBytes(StandardCharsets.ISO_8859_1)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-1", e);
        }
    }

    static boolean isToken(String name) {
        return name.indexOf(',') < 0 && FieldList.isOfTokens(name);
    }

    /** Returns the names in a list of subprotocols; {@code null} if one is no token or stands there twice. */
    static @Nullable List<String> names(@Nullable String list) {
        List<String> names = new ArrayList<>();
        if (list == null) {
            return names;
        }
        if (!FieldList.isOfTokens(list)) {
            return null;
        }
        for (String part : list.split(",")) {
            String name = part.strip();
            if (names.contains(name)) {
                return null;
            }
            names.add(name);
        }
        return names;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Names as they are written into URLs. */
final class UrlEncoding {
    private static final String HEX = "0123456789ABCDEF";

    private UrlEncoding() {}

    /**
     * A path, percent-encoded as UTF-8 with its slashes kept: what is left plain is safe in a URL, in a header field
     * and, quoted, in HTML (RFC 3986 section 2.3 and some of 2.2).
     */
    static String path(String path) {
        byte[] bytes = path.getBytes(StandardCharsets.UTF_8);
        StringBuilder text = new StringBuilder(bytes.length + 16);
        for (byte b : bytes) {
            if (plain(b)) {
                text.append((char) b);
            } else {
                escape(text, b);
            }
        }
        return text.toString();
    }

    /** The rest of a path as a client sent it, with its escapes, and escaped where it may not stand as it is. */
    static String sent(String path, int from) {
        StringBuilder text = new StringBuilder(path.length() - from + 16);
        for (int i = from; i < path.length(); i++) {
            byte b = (byte) path.charAt(i);
            if (b == '%' || plain(b)) {
                text.append((char) b);
            } else {
                escape(text, b);
            }
        }
        return text.toString();
    }

    private static void escape(StringBuilder text, byte b) {
        text.append('%').append(HEX.charAt(b >> 4 & 0xf)).append(HEX.charAt(b & 0xf));
    }

    private static boolean plain(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || "-._~!$()*,=@/".indexOf(b) >= 0;
    }

    /** A query as it may stand behind a Location, with its question mark; nothing if it holds what no URL may. */
    static String query(@Nullable String query) {
        if (query == null) {
            return "";
        }
        for (int i = 0; i < query.length(); i++) {
            if (query.charAt(i) <= ' ' || query.charAt(i) >= 127) {
                return "";
            }
        }
        return "?" + query;
    }
}

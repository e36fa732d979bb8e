// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads the header of the PROXY protocol in front of what the client has sent. Strict: who writes it is a program. */
public final class ProxyHeaderParser {
    /** The longest header of version 1, its end included. */
    static final int LONGEST_TEXT = 107;

    private static final String TEXT = "PROXY ";

    private ProxyHeaderParser() {}

    /**
     * Takes a header out of what has come. What follows it stays in the buffer, as does a header that is not whole.
     *
     * @return the header, or {@code null} as long as it is not whole
     * @throws MalformedProxyHeaderException as soon as the bytes can be no header
     */
    public static ProxyHeader parse(Buffer in) throws MalformedProxyHeaderException {
        if (in.isEmpty()) {
            return null;
        }
        if (in.peek(0) == ProxyBinaryHeader.SIGNATURE[0]) {
            return ProxyBinaryHeader.parse(in);
        }
        return text(in);
    }

    private static ProxyHeader text(Buffer in) throws MalformedProxyHeaderException {
        int count = Math.min(in.readable(), LONGEST_TEXT);
        for (int i = 0; i < Math.min(count, TEXT.length()); i++) {
            if (in.peek(i) != TEXT.charAt(i)) {
                throw new MalformedProxyHeaderException("no header");
            }
        }
        for (int i = TEXT.length(); i < count; i++) {
            byte b = in.peek(i);
            if (b == '\n' && in.peek(i - 1) == '\r') {
                return line(new String(in.take(i + 1), 0, i - 1, StandardCharsets.ISO_8859_1));
            }
            if (b == '\n' || in.peek(i - 1) == '\r') {
                throw new MalformedProxyHeaderException("a line that ends otherwise than with CR LF");
            }
        }
        if (count == LONGEST_TEXT) {
            throw new MalformedProxyHeaderException("a line of more than " + LONGEST_TEXT + " bytes");
        }
        return null;
    }

    private static ProxyHeader line(String line) throws MalformedProxyHeaderException {
        String[] words = line.split(" ", -1);
        if (words[1].equals("UNKNOWN")) {
            // What else is on the line says nothing.
            return new ProxyHeader(1, false, null, null, List.of());
        }
        boolean inet6 = words[1].equals("TCP6");
        if (words.length != 6 || (!inet6 && !words[1].equals("TCP4"))) {
            throw new MalformedProxyHeaderException("not TCP4 or TCP6, two addresses and two ports");
        }
        return new ProxyHeader(
                1,
                false,
                ProxyAddresses.parse(inet6, words[2], words[4]),
                ProxyAddresses.parse(inet6, words[3], words[5]),
                List.of());
    }
}

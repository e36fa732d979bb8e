// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;

/** A header of the PROXY protocol: what is read does not depend on how the bytes are cut. */
public final class ProxyHeaderFuzz {
    private ProxyHeaderFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        String whole = read(input, input.length);
        String cut = read(input, 1);
        if (!whole.equals(cut)) {
            throw new AssertionError("whole: " + whole + ", byte by byte: " + cut);
        }
    }

    private static String read(byte[] input, int step) {
        Buffer in = new Buffer();
        for (int at = 0; at < input.length; at += step) {
            int count = Math.min(step, input.length - at);
            in.append(input, at, count);
            try {
                int before = in.readable();
                ProxyHeader header = ProxyHeaderParser.parse(in);
                if (header != null) {
                    return text(header) + ", rest from " + (at + count - in.readable());
                }
                if (in.readable() != before) {
                    throw new AssertionError("bytes were taken of a header that is not whole");
                }
            } catch (MalformedProxyHeaderException e) {
                return "malformed";
            }
        }
        return "not whole";
    }

    private static String text(ProxyHeader header) {
        StringBuilder text = new StringBuilder();
        text.append(header.version()).append(header.isLocal()).append(header.source());
        text.append(header.destination());
        header.values()
                .forEach(value ->
                        text.append(' ').append(value.type()).append(':').append(value.bytes().length));
        return text.toString();
    }
}

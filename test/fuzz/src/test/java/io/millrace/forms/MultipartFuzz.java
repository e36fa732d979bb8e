// SPDX-License-Identifier: Apache-2.0
package io.millrace.forms;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A multipart body: parts do not depend on how the bytes come in, and are those that a naive reading finds. */
public final class MultipartFuzz {
    private static final String DELIMITER = "\r\n--b";

    private MultipartFuzz() {}

    /** Reads one input. */
    public static void fuzzerTestOneInput(byte[] input) {
        List<String> whole = read(new ByteArrayInputStream(input));
        List<String> cut = read(new FilterInputStream(new ByteArrayInputStream(input)) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return super.read(into, offset, Math.min(1, length));
            }
        });
        if (!whole.equals(cut)) {
            throw new AssertionError("whole: " + whole + ", byte by byte: " + cut);
        }
        List<String> naive = naive(new String(input, StandardCharsets.ISO_8859_1));
        if (!whole.equals(naive)) {
            throw new AssertionError("read: " + whole + ", by a naive reading: " + naive);
        }
    }

    private static List<String> read(InputStream in) {
        List<String> seen = new ArrayList<>();
        MultipartReader reader = new MultipartReader(in, "b", 1 << 16);
        byte[] bytes = new byte[64];
        try {
            for (String head = reader.nextHead(); head != null; head = reader.nextHead()) {
                StringBuilder content = new StringBuilder();
                for (int n = reader.read(bytes, 0, bytes.length); n > 0; n = reader.read(bytes, 0, bytes.length)) {
                    content.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
                }
                seen.add(head + ": " + content);
            }
        } catch (IOException e) {
            seen.add("malformed");
        }
        return seen;
    }

    private static List<String> naive(String body) {
        List<String> seen = new ArrayList<>();
        String rest = "\r\n" + body;
        int at = rest.indexOf(DELIMITER);
        while (at >= 0) {
            rest = rest.substring(at + DELIMITER.length());
            if (rest.startsWith("--")) {
                return seen;
            }
            int line = rest.indexOf('\n');
            if (line < 1
                    || rest.charAt(line - 1) != '\r'
                    || !rest.substring(0, line - 1).isBlank()) {
                break;
            }
            rest = rest.substring(line + 1);
            StringBuilder head = new StringBuilder();
            while (!rest.startsWith("\r\n")) {
                line = rest.indexOf('\n');
                if (line < 1 || rest.charAt(line - 1) != '\r') {
                    seen.add("malformed");
                    return seen;
                }
                byte[] bytes = rest.substring(0, line - 1).getBytes(StandardCharsets.ISO_8859_1);
                head.append(new String(bytes, StandardCharsets.UTF_8)).append('\n');
                rest = rest.substring(line + 1);
            }
            rest = rest.substring(2);
            at = rest.indexOf(DELIMITER);
            if (at >= 0) {
                seen.add(head + ": " + rest.substring(0, at));
            }
        }
        seen.add("malformed");
        return seen;
    }
}

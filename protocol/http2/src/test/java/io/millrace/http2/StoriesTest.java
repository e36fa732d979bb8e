// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Header blocks that other encoders have written (the stories of http2jp's hpack-test-case), decoded and encoded anew.
 * A few are in the resources; the system property {@code hpack.stories} names a file with all of them.
 */
class StoriesTest {
    private final List<String> seen = new ArrayList<>();
    private final FieldSink sink = new FieldSink() {
        @Override
        void field(int start, int nameEnd, int end) {
            seen.add(new String(bytes(), start, nameEnd - start, StandardCharsets.UTF_8) + ": "
                    + new String(bytes(), nameEnd, end - nameEnd, StandardCharsets.UTF_8));
        }
    };

    private HpackDecoder decoder;
    private HpackEncoder encoder;
    private HpackDecoder back;
    private int blocks;

    private static BufferedReader stories() throws IOException {
        String all = System.getProperty("hpack.stories");
        return all != null
                ? Files.newBufferedReader(Path.of(all))
                : new BufferedReader(new InputStreamReader(
                        StoriesTest.class.getResourceAsStream("stories.txt"), StandardCharsets.UTF_8));
    }

    @Test
    void whatOthersHaveEncodedIsDecodedAndEncodedAnew() throws IOException {
        try (BufferedReader reader = stories()) {
            String story = "";
            String block = null;
            List<String> fields = new ArrayList<>();
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (block != null && (line.isEmpty() || line.startsWith("case "))) {
                    check(story, block, fields);
                    block = null;
                }
                if (line.startsWith("story ")) {
                    story = line;
                    decoder = new HpackDecoder(65_536, 1 << 20);
                    encoder = new HpackEncoder();
                    back = new HpackDecoder(4096, 1 << 20);
                } else if (line.startsWith("case ")) {
                    block = line.substring(5);
                    fields.clear();
                } else if (!line.isEmpty()) {
                    fields.add(line);
                }
            }
        }
        assertTrue(blocks > 100, blocks + " blocks");
    }

    private void check(String story, String block, List<String> fields) {
        byte[] bytes = HexFormat.of().parseHex(block.split(" ")[0]);
        assertEquals(fields, decode(decoder, bytes), story);
        Buffer out = new Buffer();
        encoder.begin(out);
        for (String field : fields) {
            int colon = field.indexOf(": ", 1);
            byte[] name = field.substring(0, colon).getBytes(StandardCharsets.UTF_8);
            byte[] value = field.substring(colon + 2).getBytes(StandardCharsets.UTF_8);
            byte[] both = java.util.Arrays.copyOf(name, name.length + value.length);
            System.arraycopy(value, 0, both, name.length, value.length);
            encoder.field(out, both, 0, name.length, name.length, both.length);
        }
        assertEquals(fields, decode(back, out.toBytes()), story);
        blocks++;
    }

    private List<String> decode(HpackDecoder with, byte[] bytes) {
        seen.clear();
        sink.keep(0);
        with.begin();
        assertEquals(bytes.length, with.decode(bytes, 0, bytes.length, sink));
        return seen;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Buffer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.apache.hc.core5.http2.hpack.HPackDecoder;
import org.apache.hc.core5.http2.hpack.HPackEncoder;
import org.apache.hc.core5.util.ByteArrayBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Header blocks of random fields, between this encoder and decoder and those of HttpComponents. */
class HpackOracleTest {
    private static final int BLOCKS = 1000;
    private static final String[] NAMES = {
        "server",
        "content-type",
        "cache-control",
        "vary",
        "set-cookie",
        "authorization",
        "cookie",
        "x-frame-options",
        "access-control-allow-origin",
        "etag",
        "x-own",
        "date",
        "content-length",
        ":path",
        "accept-ranges"
    };

    private final Random random = new Random(42);
    private final List<String> seen = new ArrayList<>();
    private final FieldSink sink = new FieldSink() {
        @Override
        void field(int start, int nameEnd, int end) {
            seen.add(new String(bytes(), start, nameEnd - start, StandardCharsets.ISO_8859_1) + ": "
                    + new String(bytes(), nameEnd, end - nameEnd, StandardCharsets.ISO_8859_1));
        }
    };

    private List<BasicHeader> fields() {
        List<BasicHeader> fields = new ArrayList<>();
        for (int i = random.nextInt(12); i >= 0; i--) {
            String name = NAMES[random.nextInt(NAMES.length)] + (random.nextInt(8) == 0 ? random.nextInt(100) : "");
            fields.add(new BasicHeader(name, value(), random.nextInt(10) == 0));
        }
        return fields;
    }

    private String value() {
        if (random.nextInt(3) > 0) {
            return "value " + random.nextInt(20);
        }
        StringBuilder value = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(20) == 0 ? 5000 : 80); i > 0; i--) {
            value.append((char) (random.nextInt(4) > 0 ? 'a' + random.nextInt(26) : ' ' + random.nextInt(220)));
        }
        return value.toString();
    }

    private static List<String> lines(List<? extends Header> fields) {
        return fields.stream()
                .map(field -> field.getName() + ": " + field.getValue())
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 32, 100, 1000, 4096, 65_536})
    void whatTheirsEncodesOursDecodes(int table) throws Exception {
        HPackEncoder theirs = new HPackEncoder(table, StandardCharsets.ISO_8859_1);
        HpackDecoder ours = new HpackDecoder(table, 1 << 20);
        for (int i = 0; i < BLOCKS; i++) {
            List<BasicHeader> fields = fields();
            ByteArrayBuffer block = new ByteArrayBuffer(1024);
            theirs.encodeHeaders(block, fields, random.nextBoolean());
            seen.clear();
            sink.keep(0);
            ours.begin();
            assertEquals(block.length(), ours.decode(block.array(), 0, block.length(), sink));
            assertEquals(lines(fields), seen);
        }
    }

    /** The size of the table changes in the middle, too. */
    @ParameterizedTest
    @ValueSource(ints = {0, 32, 100, 1000, 4096, 65_536})
    void whatOursEncodesTheirsDecodes(int table) throws Exception {
        HpackEncoder ours = new HpackEncoder();
        HPackDecoder theirs = new HPackDecoder(Math.max(table, 4096), StandardCharsets.ISO_8859_1);
        ours.resize(table);
        int entries = 0;
        for (int i = 0; i < BLOCKS; i++) {
            if (i % 500 == 499) {
                ours.resize(random.nextInt(table + 1));
            }
            List<BasicHeader> fields = fields();
            Buffer out = new Buffer();
            ours.begin(out);
            for (BasicHeader field : fields) {
                byte[] line = (field.getName() + field.getValue()).getBytes(StandardCharsets.ISO_8859_1);
                int nameEnd = field.getName().length();
                ours.field(out, line, 0, nameEnd, nameEnd, line.length);
            }
            assertEquals(lines(fields), lines(theirs.decodeHeaders(ByteBuffer.wrap(out.toBytes()))));
            entries = Math.max(entries, ours.table().count());
        }
        assertTrue(entries > 0 || table < 1000, "the table was never used");
    }
}

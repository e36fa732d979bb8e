// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.core.Ascii;
import io.millrace.core.Buffer;
import io.millrace.http.FieldBlock;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FieldLinesTest {
    @Test
    void linesEndWithCrlf() {
        FieldBlock fields = new FieldBlock();
        fields.append("A", "1");
        fields.append("b", "");
        assertEquals("A: 1\r\nb: \r\n", text(new FieldLines(), fields));
        assertEquals("", text(new FieldLines(), new FieldBlock()));
    }

    @Test
    void aViewIsWrittenAsItLies() {
        FieldBlock fields = new FieldBlock();
        fields.add(0, 4, 6, 13);
        fields.view(Ascii.bytes("??Host: example\r\n"), 2);
        assertEquals("Host: example\r\n", text(new FieldLines(), fields));
        fields.view(Ascii.bytes("Host: elsewhe\r\n"), 0);
        assertEquals("Host: elsewhe\r\n", text(new FieldLines(), fields));
    }

    /** What was kept of the lines before is never taken for other lines. */
    @Test
    void keptLinesAreThoseOfTheBlock() {
        String[] names = {"ETag", "Content-Type", "X-A"};
        String[] values = {"a", "bb", "a longer one", "x".repeat(100), "y".repeat(2000)};
        FieldLines lines = new FieldLines();
        FieldBlock[] blocks = {new FieldBlock(), new FieldBlock()};
        Random random = new Random(13);
        for (int round = 0; round < 20_000; round++) {
            FieldBlock fields = blocks[random.nextInt(10) / 9];
            fields.clear();
            for (int i = random.nextInt(5); i > 0; i--) {
                String name = names[random.nextInt(names.length)];
                switch (random.nextInt(8)) {
                    case 0 -> fields.set(name, values[random.nextInt(values.length)]);
                    case 1 -> fields.remove(name);
                    default -> fields.append(name, values[random.nextInt(20) / 16]);
                }
            }
            assertEquals(
                    fields.toString().replace("\n", "\r\n"), text(lines, fields), "round " + round + " of seed 13");
        }
    }

    private static String text(FieldLines lines, FieldBlock fields) {
        Buffer out = new Buffer();
        out.append(new byte[] {'>'});
        lines.append(fields, out);
        out.consume(1);
        return Ascii.string(out.array(), out.head(), out.readable());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.core.Ascii;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FieldBlockTest {
    @Test
    void linesOfItsOwn() {
        FieldBlock fields = new FieldBlock();
        fields.append("A", "1");
        fields.append("b", "");
        fields.append("a", "3");
        assertEquals(3, fields.size());
        assertEquals("1", fields.first("a"));
        assertEquals(List.of("1", "3"), fields.all("A"));
        assertEquals("1, 3", fields.joined("a"));
        assertEquals("", fields.first("B"));
        assertNull(fields.first("c"));
        assertEquals("A: 1\r\nb: \r\na: 3\r\n", text(fields));
        fields.set("A", "4");
        assertEquals("b: \r\nA: 4\r\n", text(fields));
        fields.clear();
        assertEquals("", text(fields));
        assertFalse(fields.has("A"));
        assertThrows(IndexOutOfBoundsException.class, () -> fields.value(0));
    }

    @Test
    void aViewMovesWithItsBytes() {
        byte[] head = Ascii.bytes("??Host: example\r\n");
        FieldBlock fields = new FieldBlock();
        fields.add(0, 4, 6, 13);
        fields.view(head, 2);
        assertEquals("example", fields.first("hOST"));
        byte[] moved = Ascii.bytes("Host: elsewhe\r\n");
        fields.view(moved, 0);
        assertEquals("elsewhe", fields.first("Host"));
        assertTrue(fields.isNamed(0, "HOST"));
        assertEquals("Host", fields.name(0));
    }

    @Test
    void behavesAsAListOfLines() {
        Random random = new Random(4);
        for (int round = 0; round < 500; round++) {
            FieldBlock fields = new FieldBlock();
            List<String> model = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                String name = "N" + random.nextInt(6);
                String value = "v".repeat(random.nextInt(20));
                if (random.nextInt(4) == 0) {
                    model.removeIf(line -> line.startsWith(name + ":"));
                    fields.remove(name);
                } else {
                    model.add(name + ": " + value + "\r\n");
                    fields.append(name, value);
                }
            }
            assertEquals(String.join("", model), text(fields));
            assertEquals(model.size(), fields.size());
        }
    }

    private static String text(FieldBlock fields) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < fields.size(); i++) {
            text.append(fields.name(i)).append(": ").append(fields.value(i)).append("\r\n");
        }
        return text.toString();
    }

    /**
     * Lines are remembered from answer to answer: whatever is appended, set and removed, the bytes are those of a fresh
     * block.
     */
    @Test
    void aReusedBlockWritesWhatAFreshOneDoes() {
        String[] names = {"ETag", "Content-Type", "X-A"};
        String[] values = {"a", "bb", "a longer one", "x".repeat(200)};
        FieldBlock reused = new FieldBlock();
        Random random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            FieldBlock fresh = new FieldBlock();
            reused.clear();
            for (int i = random.nextInt(12); i > 0; i--) {
                String name = names[random.nextInt(names.length)];
                String value = values[random.nextInt(values.length)];
                switch (random.nextInt(4)) {
                    case 0 -> {
                        fresh.set(name, value);
                        reused.set(name, value);
                    }
                    case 1 -> {
                        fresh.remove(name);
                        reused.remove(name);
                    }
                    default -> {
                        fresh.append(name, value);
                        reused.append(name, value);
                    }
                }
            }
            assertEquals(text(fresh), text(reused), "round " + round + " of seed 11");
            assertEquals(fresh.toString(), reused.toString());
        }
    }

    /** With the same revision and size, the lines are the same: wire formats rely on it. */
    @Test
    void aRevisionNamesItsLines() {
        String[] names = {"ETag", "Content-Type"};
        String[] values = {"a", "bb"};
        FieldBlock fields = new FieldBlock();
        Map<String, String> known = new HashMap<>();
        Random random = new Random(12);
        int again = 0;
        for (int round = 0; round < 20_000; round++) {
            fields.clear();
            for (int i = random.nextInt(4); i > 0; i--) {
                String name = names[random.nextInt(names.length)];
                if (random.nextInt(20) == 0) {
                    fields.set(name, values[random.nextInt(values.length)]);
                } else {
                    fields.append(name, values[random.nextInt(3) / 2]);
                }
            }
            String before = known.put(fields.revision() + "/" + fields.size(), text(fields));
            again += before != null ? 1 : 0;
            assertTrue(before == null || before.equals(text(fields)), "round " + round + " of seed 12");
        }
        assertTrue(again > 1000, again + " times the same");
    }
}

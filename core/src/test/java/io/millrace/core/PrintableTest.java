// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PrintableTest {
    @Test
    void whatCommandsIsNotPrinted() {
        String commands = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
        for (char c = 0; c < 0xd800; c++) {
            boolean control = c < ' ' || (c >= 0x7f && c < 0xa0);
            assertEquals(!control && commands.indexOf(c) < 0, Printable.at("a" + c + "b", 1), "U+" + (int) c);
        }
    }

    @Test
    void halvesOfPairsAreNotPrinted() {
        String smile = "\ud83d\ude00";
        assertTrue(Printable.at(smile, 0) && Printable.at(smile, 1));
        assertFalse(Printable.at("\ud83d", 0));
        assertFalse(Printable.at("\ude00", 0));
        assertFalse(Printable.at("a\ude00", 1));
        assertFalse(Printable.at("\ud83da", 0));
        assertEquals("\\ud83d" + smile + "\\ude00", Printable.text("\ud83d" + smile + "\ude00"));
    }

    @Test
    void escapesStandInTheirPlace() {
        assertEquals("a\\x1b[31m\\x9b\\x7f\\x0a\\u202eb", Printable.text("a\u001b[31m\u009b\u007f\n\u202eb"));
        assertEquals("\\é日", Printable.text("\\é日"));
        String plain = "nothing to do";
        assertSame(plain, Printable.text(plain));
        assertEquals("\\x1b\\xe9\\u65e5\\ud83d\\ude00~", Printable.ascii("\u001b\u00e9\u65e5\ud83d\ude00~"));
        assertEquals("a\\x0d\nb\\x09\n", Printable.lines("a\r\nb\t\n"));
        assertEquals("a\nb\\x1b", Printable.lines("a\nb\u001b"));
        assertEquals("\\x1b", Printable.lines("\u001b"));
    }

    @Test
    void jsonMeansTheSame() {
        assertEquals("{ \n\"a\": 1}", Printable.json("{\r\n\"a\":\t1}"));
        assertEquals("{\"a\":\"\\u009b\\u202e\\n\\\\\"}", Printable.json("{\"a\":\"\u009b\u202e\\n\\\\\"}"));
    }

    /** What is printed comes back: no character is lost to an encoding. */
    @Test
    void whatIsPrintedCanBeEncoded() {
        for (int c = 0; c < 0x110000; c += 1 + c / 4096) {
            String text = Printable.text(c < 0x10000 ? String.valueOf((char) c) : Character.toString(c));
            assertEquals(text, new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        }
    }
}

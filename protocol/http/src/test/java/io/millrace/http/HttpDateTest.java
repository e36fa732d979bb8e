// SPDX-License-Identifier: Apache-2.0
package io.millrace.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpDateTest {
    private static final long EXAMPLE = Instant.parse("1994-11-06T08:49:37Z").getEpochSecond();
    private static final DateTimeFormatter REFERENCE = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    @Test
    void formatsAsTheJdkDoes() {
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            long second = random.nextLong(HttpDate.EARLIEST, 253_402_300_800L);
            assertEquals(REFERENCE.format(Instant.ofEpochSecond(second)), HttpDate.format(second));
        }
        for (String day :
                new String[] {"1970-01-01", "2000-02-29", "2100-02-28", "2100-03-01", "9999-12-31", "2024-12-31"}) {
            Instant moment = Instant.parse(day + "T23:59:59Z");
            assertEquals(REFERENCE.format(moment), HttpDate.format(moment.getEpochSecond()));
        }
    }

    @Test
    void readsWhatItWrites() {
        Random random = new Random(2);
        for (int i = 0; i < 5_000; i++) {
            long second = random.nextLong(HttpDate.EARLIEST, 253_402_300_800L);
            assertEquals(second, HttpDate.parse(HttpDate.format(second)));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                " Sun, 06 Nov 1994 08:49:37 GMT ", "sun, 6 nov 1994 08:49:37 gmt", "Sun,06 Nov 1994 08:49:37 GMT",
                "Mon, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 UTC"
            })
    void readsAllThreeFormats(String text) {
        assertEquals(EXAMPLE, HttpDate.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "-1",
                "now",
                "Sun, 06 Nov 1994 08:49:37",
                "Sun, 06 Nov 1994 08:49:37 CET",
                "Sun, 32 Nov 1994 08:49:37 GMT",
                "Sun, 31 Nov 1994 08:49:37 GMT",
                "Sun, 29 Feb 2023 08:49:37 GMT",
                "Sun, 06 Foo 1994 08:49:37 GMT",
                "Sun, 06 Nov 94 08:49:37 GMT",
                "Sun, 06 Nov 1994 24:00:00 GMT",
                "Sun, 06 Nov 1994 08:60:37 GMT",
                "Sun, 06 Nov 1994 8:49:37 GMT",
                "Sun, 00 Nov 1994 08:49:37 GMT",
                "Sun, +6 Nov 1994 08:49:37 GMT",
                "Sun, 06 Nov 19945 08:49:37 GMT",
                "Sunday, 06-Nov 08:49:37 GMT",
                ", , , , ,"
            })
    void saysWhatIsNoDate(String text) {
        assertEquals(HttpDate.NONE, HttpDate.parse(text));
    }

    @Test
    void datesBefore1970AreDates() {
        assertEquals(-1, HttpDate.parse("Wed, 31 Dec 1969 23:59:59 GMT"));
        assertEquals(-11_644_473_600L, HttpDate.parse("Mon Jan  1 00:00:00 1601"));
        assertEquals(HttpDate.EARLIEST, HttpDate.parse("Sat, 01 Jan 0000 00:00:00 GMT"));
    }

    @Test
    void aLeapSecondIsTheSecondBefore() {
        assertEquals(HttpDate.parse("Sat, 31 Dec 2016 23:59:59 GMT"), HttpDate.parse("Sat, 31 Dec 2016 23:59:60 GMT"));
    }

    @Test
    void theCacheKeepsASecond() {
        HttpDate date = new HttpDate();
        byte[] first = date.at(EXAMPLE * 1000);
        assertEquals("Sun, 06 Nov 1994 08:49:37 GMT", new String(first, StandardCharsets.ISO_8859_1));
        assertSame(first, date.at(EXAMPLE * 1000 + 999));
        assertEquals(
                "Sun, 06 Nov 1994 08:49:38 GMT",
                new String(date.at(EXAMPLE * 1000 + 1000), StandardCharsets.ISO_8859_1));
        assertEquals(
                "Sun, 06 Nov 1994 08:49:36 GMT", new String(date.at(EXAMPLE * 1000 - 1), StandardCharsets.ISO_8859_1));
    }
}

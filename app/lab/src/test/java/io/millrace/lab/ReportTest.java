// SPDX-License-Identifier: Apache-2.0
package io.millrace.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The page stands alone, hides nothing and carries its data. */
final class ReportTest {
    private static LabResults results() {
        LabResults.Part bars = Runs.part("");
        Runs.add(bars, 0, "poll", Metric.PER_CPU_SECOND, 100_000, 101_000, 102_000);
        Runs.add(bars, 0, "<b>&", Metric.PER_CPU_SECOND, 50_000, 51_000, 52_000);
        bars.at(0, "sigio").note("needs </script> nothing");
        LabResults.Part lines = Runs.part("measured=cpuMicros\nsweep=idle:0,100,10000\n");
        for (int value : new int[] {0, 100, 10_000}) {
            Runs.add(lines, value, "select", Metric.CPU_MICROS, 10 + value);
            Runs.add(lines, value, "poll", Metric.CPU_MICROS, 11);
        }
        return Runs.results(bars, lines);
    }

    @Test
    void thePageNeedsNothingButItself() throws IOException {
        String page = Report.of(results());
        assertFalse(page.matches("(?s).*(src|href)=\"(https?:)?//.*"), "nothing is loaded from elsewhere");
        assertTrue(page.startsWith("<!doctype html>") && page.endsWith("</html>\n"));
    }

    @Test
    void whatContendersSayIsText() throws IOException {
        String page = Report.of(results());
        assertTrue(page.contains("&lt;b&gt;&amp;"));
        assertFalse(page.contains("<b>&<"));
        assertTrue(page.contains("sigio: needs &lt;/script&gt; nothing"), "a note is shown");
        assertEquals(2, page.split("</script>", -1).length - 1, "neither does the data end its element");
    }

    @Test
    void theDataComesBackAsItWas() throws IOException {
        String text = LabJson.text(results());
        assertEquals(text, LabJson.text(LabJson.read(text)));
        String page = Report.of(results());
        int begin = page.indexOf("id=\"data\">") + "id=\"data\">".length();
        String inside = page.substring(begin, page.indexOf("</script>", begin));
        assertEquals(text, LabJson.text(LabJson.read(inside)));
    }

    @Test
    void drawnAgainFromItsDataThePageIsTheSame() throws IOException {
        assertEquals(Report.of(results()), Report.of(LabJson.read(LabJson.text(results()))));
    }

    @Test
    void everythingElseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> LabJson.read("{\"format\": \"other\"}"));
        assertThrows(IllegalArgumentException.class, () -> LabJson.read("{\"format\": \"millrace-lab-1\"}"));
        assertThrows(IOException.class, () -> LabJson.read("not JSON"));
    }

    @Test
    void figuresHaveThreeDigits() {
        assertEquals("88.4 thousand", Metric.PER_CPU_SECOND.format(88_420));
        assertEquals("1.25 ms", Metric.P50.format(1250));
        assertEquals("12.3 µs", Metric.P50.format(12.34));
        assertEquals("2.50 kB", Metric.MEMORY.format(2500));
        assertEquals("20 µs", Metric.P50.tick(20));
        assertEquals("1.5 ms", Metric.P50.tick(1500));
        assertEquals("100k", Metric.PER_SECOND.tick(100_000));
        assertEquals("8", Metric.WOKEN.tick(8));
        assertEquals("–", Metric.P50.format(Double.NaN));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.fileserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.millrace.http.FieldList;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptHeaderTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-                       | 1000",
                "''                      | 0",
                "text/html               | 1000",
                "TEXT/HTML ; Q=0.5       | 500",
                "text/html;level=1;q=0.3 | 300",
                "text/html;q=0.001       | 1",
                "text/html;q=1.000       | 1000",
                "text/html;q=0           | 0",
                "text/html;q=garbage     | 1000",
                "text/html;q=5           | 1000",
                "text/*;q=0.4            | 400",
                "*/*;q=0.2               | 200",
                "*/*, text/*;q=0.5       | 500",
                "*/*, text/html;q=0      | 0",
                "text/plain              | 0",
                "text/htmlx, xtext/html  | 0",
                "*                       | 0",
            })
    void weightsOfTypes(String accept, int weight) {
        assertEquals(weight, AcceptHeader.ofType(accept, "text/html"));
    }

    @Test
    void quotesHideCommas() {
        assertEquals(500, AcceptHeader.ofType("a/b;x=\", text/html, \\\" \", text/html;q=0.5", "text/html"));
    }

    @Test
    void onlyTheFirstHundredElementsAreRead() {
        assertEquals(1000, AcceptHeader.ofCoding("a,".repeat(FieldList.MOST - 1) + "gzip", "gzip"));
        assertEquals(-1, AcceptHeader.ofCoding("a,".repeat(FieldList.MOST) + "gzip", "gzip"));
        assertEquals(-1, AcceptHeader.ofCoding(",".repeat(FieldList.MOST) + "gzip", "gzip"));
        assertEquals(0, AcceptHeader.ofType("a/b,".repeat(FieldList.MOST) + "text/html", "text/html"));
    }

    /** Of a field that is made to cost, none costs more than the bytes that it has. */
    @Test
    void weighingAllocatesNothing() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        String[] fields = {
            "a,".repeat(16_000), ",".repeat(32_000), "a;".repeat(16_000), "gzip;x=1;q=0.5,br;q=0", "a".repeat(32_000)
        };
        for (int round = 0; round < 3; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (String field : fields) {
                AcceptHeader.ofCoding(field, "gzip");
                AcceptHeader.ofType(field, "text/html");
                AcceptHeader.prefers(field, "application/json", "text/html");
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            // The first round links classes.
            assertTrue(round == 0 || allocated < 1024, allocated + " bytes");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'text/html,*/*;q=0.8', true",
        "'application/json;q=0.9, TEXT/HTML;q=0.1', true",
        "'text/html;q=0, */*', false",
        "*/*, false",
        "text/*, false",
        "'image/avif,image/webp,*/*;q=0.8', false"
    })
    void aTypeIsNamed(String accept, boolean named) {
        assertEquals(named, AcceptHeader.names(accept, "text/html"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-               | -1",
                "''              | -1",
                "gzip            | 1000",
                "x-gzip;q=0.5    | 500",
                "br, gzip;q=0.25 | 250",
                "*;q=0.1         | 100",
                "*;q=0, gzip     | 1000",
                "gzip;q=0, *     | 0",
                "br              | -1",
                ",, ;, gzip      | 1000",
            })
    void weightsOfCodings(String accept, int weight) {
        assertEquals(weight, AcceptHeader.ofCoding(accept, "gzip"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreferenceTest {

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
        assertEquals(weight, Preference.ofType(accept, "text/html"));
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
        assertEquals(weight, Preference.ofCoding(accept, "gzip"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.webtest.TestExchange;
import org.junit.jupiter.api.Test;

class MainTest {
    @Test
    void greets() {
        assertEquals(
                "Hello, world\n",
                TestExchange.get("/hello/world").handle(Main.server(0)).text());
        assertEquals(404, TestExchange.get("/").handle(Main.server(0)).status());
    }
}

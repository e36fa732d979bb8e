// SPDX-License-Identifier: Apache-2.0
package io.millrace.jackson;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Dispatch;
import io.millrace.web.WebServer;
import io.millrace.webtest.TestAnswer;
import io.millrace.webtest.TestExchange;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Objects as bodies of requests and answers. */
class JacksonMapperTest {
    record Book(String title, int pages, List<String> authors) {}

    private static WebServer server() {
        return WebServer.on(0).bodyMapper(JacksonMapper.strict()).post("/", Dispatch.VIRTUAL, (request, response) -> {
            Book book = request.body().as(Book.class);
            response.json(new Book(book.title() + "!", book.pages() + 1, book.authors()));
        });
    }

    @Test
    void recordsGoBothWays() {
        TestAnswer answer = TestExchange.post("/")
                .body("{\"title\":\"Emma\",\"pages\":474,\"authors\":[\"Austen\"]}")
                .handle(server());
        assertEquals("application/json", answer.header("Content-Type"));
        assertTrue(
                answer.text().contains("\"title\":\"Emma!\"") && answer.text().contains("\"pages\":475"),
                answer.text());
    }

    @Test
    void whatIsNoSuchObjectIsRefused() {
        for (String bad : List.of("{", "[]", "null", "{} {}", "{\"pages\":null}", "{\"pages\":\"many\"}")) {
            assertEquals(400, TestExchange.post("/").body(bad).handle(server()).status(), bad);
        }
    }
}

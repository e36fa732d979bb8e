// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.http.Handler;
import io.millrace.testkit.MemoryLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Heads that are copied from the answer before are those that would have been written. */
class RecentHeadTest {
    private static final List<String> REQUESTS = List.of(
            "GET /?status=200 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=200&body=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=200&x=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=200&x=2 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=200&x=1&y=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "HEAD /?status=200&x=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=203&x=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=204&x=1 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=404 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=200&server=own HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET /?status=200&x=1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "GET bad HTTP/1.1\r\nHost: h\r\n\r\n");

    private static final Handler HANDLER = (request, response) -> {
        response.status(Integer.parseInt(request.query("status")));
        for (String name : List.of("x", "y", "server")) {
            if (request.query(name) != null) {
                response.header(name, request.query(name));
            }
        }
        if (response.status() == 204) {
            response.send();
        } else {
            response.send("a".repeat(request.query("body") == null ? 3 : 4));
        }
    };

    @Test
    void answersOfOneTurnAreThoseOfMany() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            Serving serving = Serving.of(HANDLER);
            MemoryLink together = serving.open();
            StringBuilder requests = new StringBuilder();
            StringBuilder alone = new StringBuilder();
            for (String request : some(random)) {
                requests.append(request);
                alone.append(Serving.of(HANDLER).open().feed(request).text());
            }
            assertEquals(alone.toString(), together.feed(requests.toString()).text(), requests.toString());
        }
    }

    // Runs of the same, and the one that ends the connection last.
    private static List<String> some(Random random) {
        List<String> requests = new ArrayList<>();
        while (requests.size() < 12) {
            String request = REQUESTS.get(random.nextInt(REQUESTS.size() - 1));
            for (int times = 1 + random.nextInt(4); times > 0; times--) {
                requests.add(request);
            }
        }
        if (random.nextBoolean()) {
            requests.add(REQUESTS.getLast());
        }
        return requests;
    }

    @Test
    void theDateIsThatOfTheTurn() {
        MemoryLink link = Serving.of(HANDLER).open();
        String request = REQUESTS.getFirst();
        String before = link.feed(request.repeat(3)).take();
        link.advance(Duration.ofSeconds(1));
        String after = link.feed(request.repeat(3)).take();
        assertTrue(before.contains("08:49:37 GMT"), before);
        assertEquals(before.replace("08:49:37", "08:49:38"), after);
    }
}

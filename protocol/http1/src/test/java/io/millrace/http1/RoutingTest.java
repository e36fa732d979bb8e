// SPDX-License-Identifier: Apache-2.0
package io.millrace.http1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.millrace.http.Dispatch;
import io.millrace.http.Router;
import io.millrace.testkit.MemoryLink;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a router's answers look like to a client. */
class RoutingTest {
    private final Router router = new Router()
            .get("/", (request, response) -> response.send("home"))
            .get("/users/{id}", (request, response) -> response.send("user " + request.param("id")))
            .delete("/users/{id}", (request, response) -> response.status(204).send())
            .post(
                    "/users",
                    (request, response) -> request.body()
                            .collect(9, bytes -> response.status(201).send(bytes)))
            .get("/blocking/{id}", Dispatch.VIRTUAL, (request, response) -> {
                Thread.sleep(0);
                response.send(Thread.currentThread().isVirtual() + " " + request.param("id"));
            })
            .filter((request, response, next) -> {
                response.header("X-First", "1");
                next.handle(request, response);
            })
            .filter((request, response, next) -> {
                response.header("X-Order", response.header("X-First") + "2");
                if ("no".equals(request.header("X-Token"))) {
                    response.status(403).send("go away");
                } else {
                    next.handle(request, response);
                }
            });

    private final Serving serving = Serving.of(router);

    @Test
    void routesAnswer() {
        assertEquals("home", ask("GET", "/").body());
        assertEquals("user 4 2", ask("GET", "/users/4%202").body());
        assertEquals(204, ask("DELETE", "/users/42").status());
        assertEquals("7", ask("HEAD", "/users/42").field("Content-Length"));
    }

    @Test
    void whatIsNotThereIs404BehindTheFilters() {
        Answer answer = ask("GET", "/nowhere");
        assertEquals(404, answer.status());
        assertEquals("404 Not Found\n", answer.body());
        assertEquals("12", answer.field("X-Order"));
        assertNull(answer.field("Connection"));
    }

    @Test
    void otherMethodsAre405WithAllow() {
        Answer answer = ask("POST", "/users/42");
        assertEquals(405, answer.status());
        assertEquals("DELETE, GET, HEAD, OPTIONS", answer.field("Allow"));
        assertEquals("OPTIONS, POST", ask("GET", "/users").field("Allow"));
        assertEquals("12", answer.field("X-Order"));
    }

    @Test
    void optionsAreAnswered() {
        Answer answer = ask("OPTIONS", "/users/42");
        assertEquals(204, answer.status());
        assertEquals("DELETE, GET, HEAD, OPTIONS", answer.field("Allow"));
        Answer all = ask("OPTIONS", "*");
        assertEquals(204, all.status());
        assertEquals("DELETE, GET, HEAD, OPTIONS, POST", all.field("Allow"));
        assertEquals(404, ask("OPTIONS", "/nowhere").status());
    }

    @Test
    void whatIsAllowedEverywhereIsNotClaimedWhereAHandlerTakesAnyMethod() {
        Serving any = Serving.of(new Router().any("/*", (request, response) -> response.send(request.method())));
        Answer all = Answer.only(
                any.open().feed("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").text());
        assertEquals(204, all.status());
        assertNull(all.field("Allow"));
    }

    @Test
    void aFilterMayAnswerItself() {
        MemoryLink link = serving.open().feed("GET / HTTP/1.1\r\nHost: h\r\nX-Token: no\r\n\r\n");
        assertEquals("go away", Answer.only(link.text()).body());
    }

    @Test
    void aRouteMayBlockBehindTheFilters() {
        MemoryLink link = serving.open().feed("GET /blocking/7 HTTP/1.1\r\nHost: h\r\n\r\n");
        link.runUntil(() -> serving.log.equals(List.of("GET /blocking/7 200 6")));
        Answer answer = Answer.only(link.text());
        assertEquals("true 7", answer.body());
        assertEquals("12", answer.field("X-Order"));
    }

    private Answer ask(String method, String target) {
        MemoryLink link = serving.open().feed(method + " " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        return Answer.only(link.text(), method);
    }
}

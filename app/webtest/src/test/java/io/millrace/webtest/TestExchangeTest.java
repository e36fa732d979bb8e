// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.forms.FormData;
import io.millrace.http.Cookie;
import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.http.Router;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What an application's tests see of it without a network. */
@Timeout(120)
class TestExchangeTest {
    private static WebServer server() {
        return WebServer.on(0)
                .filter((request, response, next) -> {
                    response.setHeader("X-Filter", "seen");
                    next.handle(request, response);
                })
                .get(
                        "/x/{id}",
                        (request, response) -> response.send(
                                request.paramInt("id") + " " + request.header("A") + " " + request.query("q")))
                .get(
                        "/virtual",
                        Dispatch.VIRTUAL,
                        (request, response) -> response.stream().write("streamed"))
                .get("/later", Handler.async((request, response) -> CompletableFuture.supplyAsync(() -> "later")))
                .post("/body", (request, response) -> request.body().collect(100, response::send))
                .post(
                        "/waits",
                        Dispatch.VIRTUAL,
                        (request, response) -> response.send(request.body().bytes(100)))
                .get("/never", (request, response) -> response.defer())
                .error(404, (request, response) -> response.send("ours"));
    }

    @Test
    void aServerThatIsNotStartedAnswers() {
        TestAnswer answer = TestExchange.get("/x/7?q=z").header("A", "b").handle(server());
        assertEquals(200, answer.status());
        assertEquals("7 b z", answer.text());
        assertEquals("seen", answer.header("x-filter"));
        assertEquals("5", answer.header("Content-Length"));
        assertEquals(400, TestExchange.get("/x/y").handle(server()).status());
        assertEquals("ours", TestExchange.get("/none").handle(server()).text());
        assertEquals(405, TestExchange.delete("/x/7").handle(server()).status());
    }

    @Test
    void placesAndBodiesAreAsOnAConnection() {
        assertEquals("streamed", TestExchange.get("/virtual").handle(server()).text());
        assertEquals("later", TestExchange.get("/later").handle(server()).text());
        assertEquals(
                "hello",
                TestExchange.post("/body").body("hello").handle(server()).text());
        assertEquals(
                "hello",
                TestExchange.post("/waits").body("hello").handle(server()).text());
        assertEquals(
                413,
                TestExchange.post("/body")
                        .body("x".repeat(101))
                        .handle(server())
                        .status());
    }

    @Test
    void aHandlerAloneAnswersToo(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "content");
        Router router = new Router().get("/", (request, response) -> response.send("router"));
        assertEquals("router", TestExchange.get("/").handle(router).text());
        WebServer files = WebServer.on(0).get("/", (request, response) -> response.send(file));
        assertEquals("content", TestExchange.get("/").handle(files).text());
    }

    @Test
    void anAnswerThatDoesNotComeIsAnError() {
        TestExchange exchange = TestExchange.get("/never").patience(Duration.ofMillis(50));
        assertThrows(AssertionError.class, () -> exchange.handle(server()));
    }

    @Test
    void aServerThatListensAnswersTheSame() throws IOException {
        try (TestServer server = TestServer.start(server())) {
            TestExchange exchange = TestExchange.get("/x/7?q=z").header("A", "b");
            TestAnswer answer = exchange.send(server);
            assertEquals("7 b z", answer.text());
            assertEquals("7 b z", exchange.send(server).text());
            assertEquals("7 b z", exchange.handle(server()).text());
            assertEquals("7 b z", exchange.handle(server()).text());
            assertEquals("seen", answer.header("x-filter"));
            assertEquals("millrace", answer.header("Server"));
            assertEquals("streamed", TestExchange.get("/virtual").send(server).text());
            assertEquals(
                    "hello",
                    TestExchange.post("/body").body("hello").send(server).text());
            assertEquals("ours", TestExchange.get("/none").send(server).text());
            assertEquals("http", server.base().getScheme());
            assertEquals(server.server().port(), server.base().getPort());
            TestExchange never = TestExchange.get("/never").patience(Duration.ofMillis(50));
            assertThrows(IOException.class, () -> never.send(server));
        }
    }

    @Test
    void formsAndCookiesAreAsABrowserSendsThem() throws IOException {
        try (TestServer server = TestServer.with(app -> app.post("/in", Dispatch.VIRTUAL, (request, response) -> {
                    response.cookie(
                            Cookie.of("user", FormData.read(request, 1000).required("user")));
                    response.removeCookie("old");
                    response.send();
                })
                .get("/me", (request, response) -> response.send("" + request.cookie("user"))))) {
            TestAnswer in = TestExchange.post("/in")
                    .form("user", "ada", "x", "a&b=\u00e9")
                    .send(server);
            assertEquals(Map.of("user", "ada"), in.cookies());
            assertEquals(
                    "ada", TestExchange.get("/me").cookiesOf(in).send(server).text());
            assertEquals(
                    "eve",
                    TestExchange.get("/me").cookie("user", "eve").send(server).text());
        }
        assertThrows(
                IllegalArgumentException.class, () -> TestExchange.post("/").form("name"));
    }
}

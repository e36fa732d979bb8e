// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.millrace.testkit.ExpectedLog;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What programs written for the JDK's HTTP server rely on, asked of the JDK's own server, which is the control, and of
 * this one.
 */
final class HttpServerContractTest {
    private static final String HOST = " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";

    /** Who makes the server. */
    enum Maker {
        JDK,
        MILLRACE;

        HttpServer at(InetSocketAddress address) throws IOException {
            // The JDK asks once for each JVM.
            System.setProperty(
                    "com.sun.net.httpserver.HttpServerProvider", "sun.net.httpserver.DefaultHttpServerProvider");
            if (this == MILLRACE) {
                return address == null ? HttpServers.create() : HttpServers.create(address, 0);
            }
            return address == null ? HttpServer.create() : HttpServer.create(address, 0);
        }

        HttpServer bound() throws IOException {
            return at(loopback(0));
        }
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    static String ask(HttpServer server, String request) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.getAddress().getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String get(HttpServer server, String target) throws IOException {
        return ask(server, "GET " + target + HOST + "\r\n");
    }

    static String answered(Maker maker, String request, HttpHandler handler) throws IOException {
        return answered(maker, request, null, handler);
    }

    private static String answered(Maker maker, String request, Executor executor, HttpHandler handler)
            throws IOException {
        HttpServer server = maker.bound();
        try {
            server.setExecutor(executor);
            server.createContext("/", handler);
            server.start();
            return ask(server, request);
        } finally {
            server.stop(0);
        }
    }

    static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    static boolean has(String answer, String field) {
        String head =
                answer.substring(0, Math.max(0, answer.indexOf("\r\n\r\n"))).toLowerCase(Locale.ROOT);
        return head.contains("\r\n" + field.toLowerCase(Locale.ROOT));
    }

    // ---- S1, S2: executors

    @ParameterizedTest
    @EnumSource
    void withoutAnExecutorOneThreadRunsTheHandlers(Maker maker) throws IOException {
        String answer = answered(
                maker,
                "GET /" + HOST + "\r\n",
                x -> answer(x, 200, Thread.currentThread().getName()));
        assertTrue(answer.endsWith("\r\n\r\nHTTP-Dispatcher"), answer);
    }

    @ParameterizedTest
    @EnumSource
    void anExecutorThatRunsTasksWhereItIsCalledMayBlock(Maker maker) throws IOException {
        String request = "POST /" + HOST + "Content-Length: 4\r\n\r\nbody";
        String answer = answered(
                maker,
                request,
                Runnable::run,
                x -> answer(x, 200, new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        assertTrue(answer.endsWith("\r\n\r\nbody"), answer);
    }

    @ParameterizedTest
    @EnumSource
    void aRejectedTaskEndsTheConnection(Maker maker) throws IOException {
        Executor full = task -> {
            throw new RejectedExecutionException("full");
        };
        String answer;
        try {
            answer = answered(maker, "GET /" + HOST + "\r\n", full, x -> answer(x, 200, "never"));
        } catch (IOException e) {
            answer = ""; // reset
        }
        assertEquals("", answer);
    }

    // ---- S3: the answer may come from elsewhere

    @ParameterizedTest
    @EnumSource
    void anotherThreadFinishesTheExchange(Maker maker) throws IOException {
        String answer = answered(
                maker,
                "GET /" + HOST + "\r\n",
                x -> Thread.ofPlatform().start(() -> {
                    try (x) {
                        answer(x, 200, "late");
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }));
        assertTrue(answer.endsWith("late"), answer);
    }

    // ---- S4, S5, S21: life

    @ParameterizedTest
    @EnumSource
    void thePortIsKnownBeforeTheStartAndStatesAreChecked(Maker maker) throws IOException {
        HttpServer server = maker.bound();
        try {
            assertTrue(server.getAddress().getPort() > 0);
            assertThrows(BindException.class, () -> server.bind(loopback(0), 0));
            assertThrows(BindException.class, () -> maker.at(server.getAddress()));
            server.start();
            assertThrows(IllegalStateException.class, server::start);
            assertThrows(IllegalStateException.class, () -> server.setExecutor(null));
            assertThrows(IllegalArgumentException.class, () -> server.stop(-1));
        } finally {
            server.stop(0);
        }
        server.stop(0);
        assertThrows(IllegalStateException.class, server::start);
        HttpServer unbound = maker.at(null);
        assertThrows(IllegalStateException.class, unbound::start);
        assertThrows(NullPointerException.class, () -> unbound.bind(null, 0));
        unbound.bind(loopback(0), 5);
        unbound.stop(0);
    }

    // ---- S6, S7, S8, S10: the head of the answer and its length

    @ParameterizedTest
    @EnumSource
    void lengthsMeanFixedChunkedAndNone(Maker maker) throws IOException {
        String fixed = answered(maker, "GET /" + HOST + "\r\n", x -> answer(x, 200, "12345"));
        assertTrue(has(fixed, "Content-Length: 5") && fixed.endsWith("\r\n\r\n12345"), fixed);
        assertTrue(has(fixed, "Date: ") && !has(fixed, "Server:"), fixed);
        String chunked = answered(maker, "GET /" + HOST + "\r\n", x -> {
            x.sendResponseHeaders(200, 0);
            x.getResponseBody().write("abc".getBytes(StandardCharsets.UTF_8));
            x.close();
        });
        assertTrue(has(chunked, "Transfer-Encoding: chunked") && chunked.endsWith("3\r\nabc\r\n0\r\n\r\n"), chunked);
        String none = answered(maker, "GET /" + HOST + "\r\n", x -> x.sendResponseHeaders(200, -1));
        assertTrue(has(none, "Content-Length: 0") && none.endsWith("\r\n\r\n"), none);
        String old = answered(maker, "GET / HTTP/1.0\r\n\r\n", x -> {
            x.sendResponseHeaders(200, 0);
            x.getResponseBody().write("abc".getBytes(StandardCharsets.UTF_8));
            x.close();
        });
        assertTrue(!has(old, "Transfer-Encoding") && old.endsWith("\r\n\r\nabc"), old);
    }

    @ParameterizedTest
    @EnumSource
    @ExpectedLog("sendResponseHeaders: ")
    void answersWithoutABodyHaveNone(Maker maker) throws IOException {
        String head = answered(maker, "HEAD /" + HOST + "\r\n", x -> {
            x.getResponseHeaders().set("Content-Length", "1234");
            x.sendResponseHeaders(200, -1);
        });
        assertTrue(has(head, "Content-Length: 1234") && head.endsWith("\r\n\r\n"), head);
        String empty = answered(maker, "GET /" + HOST + "\r\n", x -> x.sendResponseHeaders(204, 0));
        assertTrue(empty.startsWith("HTTP/1.1 204 ") && !has(empty, "Content-Length"), empty);
        String unchanged = answered(maker, "GET /" + HOST + "\r\n", x -> x.sendResponseHeaders(304, -1));
        assertTrue(unchanged.startsWith("HTTP/1.1 304 ") && !has(unchanged, "Content-Length"), unchanged);
    }

    @ParameterizedTest
    @EnumSource
    void mistakesWithTheBodyAreExceptions(Maker maker) throws Exception {
        CompletableFuture<Void> seen = new CompletableFuture<>();
        HttpServer server = maker.bound();
        server.createContext("/", x -> {
            try {
                OutputStream out = x.getResponseBody();
                assertThrows(IOException.class, () -> out.write(1));
                x.sendResponseHeaders(200, 3);
                assertThrows(IOException.class, () -> x.sendResponseHeaders(200, 3));
                assertThrows(IOException.class, () -> out.write(new byte[4]));
                assertThrows(IOException.class, out::close);
                seen.complete(null);
            } catch (Throwable e) {
                seen.completeExceptionally(e);
            }
        });
        server.start();
        // What the client gets is not looked at: the JDK leaves it waiting for the rest.
        try (Socket client = new Socket()) {
            client.connect(server.getAddress());
            client.getOutputStream().write(("GET /" + HOST + "\r\n").getBytes(StandardCharsets.US_ASCII));
            seen.get(30, TimeUnit.SECONDS);
        } finally {
            server.stop(0);
        }
    }

    /** The JDK leaves the client waiting. */
    @ParameterizedTest
    @EnumSource(names = "MILLRACE")
    void closeWithoutAnAnswerEndsTheConnection(Maker maker) {
        assertEquals("", answeredOrCut(maker, HttpExchange::close));
    }

    private static String answeredOrCut(Maker maker, HttpHandler handler) {
        try {
            return answered(maker, "GET /" + HOST + "\r\n", handler);
        } catch (IOException e) {
            return "";
        }
    }

    // ---- S9: the request's body

    @ParameterizedTest
    @EnumSource
    void aBodyLeftUnreadDoesNotDisturbTheNextRequest(Maker maker) throws IOException {
        String first = "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
        String answer = answered(maker, first + "GET /2" + HOST + "\r\n", x -> {
            x.getRequestBody().close();
            x.getRequestBody().close();
            answer(x, 200, x.getRequestURI().getPath());
        });
        assertTrue(answer.contains("\r\n\r\n/1") && answer.endsWith("\r\n\r\n/2"), answer);
    }

    // ---- S11: exceptions; here the two differ on purpose

    @ParameterizedTest
    @EnumSource(names = "MILLRACE")
    @ExpectedLog("GET / failed")
    void anExceptionEndsTheConnection(Maker maker) {
        String answer = answeredOrCut(maker, x -> {
            throw new IllegalStateException("on purpose");
        });
        assertTrue(answer.startsWith("HTTP/1.1 500 "), answer);
        assertTrue(has(answer, "Connection: close"), answer);
    }

    // ---- S12 to S16: contexts, attributes, filters, authenticators

    @ParameterizedTest
    @EnumSource
    void theLongestContextAnswers(Maker maker) throws IOException {
        HttpServer server = maker.bound();
        try {
            server.start();
            server.createContext("/a", x -> answer(x, 200, "short"));
            HttpContext deep = server.createContext("/a/b", x -> answer(x, 200, "long"));
            server.createContext("/none");
            assertThrows(IllegalArgumentException.class, () -> server.createContext("/a"));
            assertThrows(IllegalArgumentException.class, () -> server.createContext("a"));
            assertThrows(IllegalArgumentException.class, () -> deep.setHandler(x -> {}));
            assertTrue(get(server, "/a/b/c").endsWith("long"));
            assertTrue(get(server, "/a/%62").endsWith("long"));
            assertTrue(get(server, "/a/x").endsWith("short"));
            assertTrue(get(server, "/ab").endsWith("short"));
            assertTrue(get(server, "/x").contains("<h1>404 Not Found</h1>"));
            assertTrue(get(server, "/none").contains("<h1>500 Internal Server Error</h1>"));
            assertTrue(get(server, "/a|b").startsWith("HTTP/1.1 400 "));
            server.removeContext(deep);
            assertTrue(get(server, "/a/b").endsWith("short"));
            assertThrows(IllegalArgumentException.class, () -> server.removeContext("/a/b"));
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void filtersRunInOrderBeforeTheAuthenticatorAndMayWrapStreams(Maker maker) throws IOException {
        HttpServer server = maker.bound();
        try {
            HttpContext context = server.createContext("/", x -> {
                x.getResponseHeaders().add("X-Who", x.getPrincipal().getUsername() + x.getAttribute("note"));
                answer(x, 200, "text");
            });
            context.getFilters().add(Filter.beforeHandler("note", x -> x.setAttribute("note", "!")));
            context.getFilters()
                    .add(Filter.beforeHandler("upper", x -> x.setStreams(null, upper(x.getResponseBody()))));
            context.setAuthenticator(new BasicAuthenticator("realm") {
                @Override
                public boolean checkCredentials(String user, String password) {
                    return user.equals("u") && password.equals("p");
                }
            });
            server.start();
            String refused = get(server, "/");
            assertTrue(refused.startsWith("HTTP/1.1 401 ") && has(refused, "WWW-Authenticate: Basic"), refused);
            String answer = ask(server, "GET /" + HOST + "Authorization: Basic dTpw\r\n\r\n");
            assertTrue(has(answer, "X-Who: u!") && answer.endsWith("TEXT"), answer);
        } finally {
            server.stop(0);
        }
    }

    private static OutputStream upper(OutputStream out) {
        return new FilterOutputStream(out) {
            @Override
            public void write(int value) throws IOException {
                out.write(Character.toUpperCase(value));
            }
        };
    }

    // ---- S17 to S20: what a handler sees, and the connection

    @ParameterizedTest
    @EnumSource
    void aHandlerSeesTheRequest(Maker maker) throws IOException {
        String request = "PUT /p%20q?r=s" + HOST + "x-a: 1\r\nX-A: 2\r\n\r\n";
        String answer = answered(maker, request, x -> {
            assertThrows(
                    UnsupportedOperationException.class,
                    () -> x.getRequestHeaders().add("a", "b"));
            assertTrue(x.getLocalAddress().getPort() > 0 && x.getRemoteAddress().getPort() > 0);
            answer(
                    x,
                    200,
                    x.getRequestMethod() + " " + x.getRequestURI() + " " + x.getProtocol() + " "
                            + x.getRequestHeaders().get("X-a") + x.getResponseCode());
        });
        assertTrue(answer.endsWith("\r\n\r\nPUT /p%20q?r=s HTTP/1.1 [1, 2]-1"), answer);
    }

    @ParameterizedTest
    @EnumSource
    void aHandlerClosesTheConnection(Maker maker) throws IOException {
        String answer = answered(maker, "GET / HTTP/1.1\r\nHost: h\r\n\r\n", x -> {
            x.getResponseHeaders().set("Connection", "close");
            answer(x, 200, "bye");
        });
        assertTrue(has(answer, "Connection: close") && answer.endsWith("bye"), answer);
    }

    @ParameterizedTest
    @EnumSource
    void aClientOfHttp10IsToldThatItsConnectionLasts(Maker maker) throws IOException {
        String first = "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        String answer = answered(
                maker,
                first + "GET /2 HTTP/1.0\r\n\r\n",
                x -> answer(x, 200, x.getRequestURI().getPath()));
        assertTrue(has(answer, "Connection: keep-alive") && has(answer, "Keep-Alive: timeout="), answer);
        assertTrue(answer.endsWith("/2"), answer);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatExpectsContinueGetsIt(Maker maker) throws IOException {
        String request = "POST /" + HOST + "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\nhi";
        String answer = answered(
                maker,
                request,
                x -> answer(x, 200, new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
        assertTrue(answer.startsWith("HTTP/1.1 100 ") && answer.endsWith("hi"), answer);
        assertFalse(answer.contains("HTTP/1.1 500"), answer);
    }
}

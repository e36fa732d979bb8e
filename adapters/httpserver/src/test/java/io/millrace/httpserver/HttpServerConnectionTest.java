// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import static io.millrace.httpserver.HttpServerContractTest.answer;
import static io.millrace.httpserver.HttpServerContractTest.answered;
import static io.millrace.httpserver.HttpServerContractTest.ask;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.millrace.httpserver.HttpServerContractTest.Maker;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What OpenJDK's own programs check of connections and of the end of a server, asked of both servers: pipelined bodies,
 * bodies that break off, many clients at once, handlers that outlive their server.
 */
@Timeout(120)
final class HttpServerConnectionTest {
    private static final String LAST = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    private static void echo(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        answer(exchange, 200, exchange.getRequestURI() + "=" + new String(body, StandardCharsets.ISO_8859_1) + ";");
    }

    private static Socket connect(HttpServer server) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.getAddress().getPort());
        socket.setSoTimeout(30_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String bodies(String answers) {
        StringBuilder bodies = new StringBuilder();
        for (String part : answers.split("HTTP/1.1 200 OK")) {
            bodies.append(part.substring(part.indexOf("\r\n\r\n") + 1).strip());
        }
        return bodies.toString();
    }

    @ParameterizedTest
    @EnumSource
    void pipelinedRequestsWithBodiesAreAnsweredInOrder(Maker maker) throws IOException {
        String requests = "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
                + "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n3\r\nond\r\n0\r\n\r\n"
                + "GET /3 HTTP/1.1\r\nHost: h\r\n\r\n"
                + LAST;
        assertEquals(
                "/1=first;/2=second;/3=;/last=;", bodies(answered(maker, requests, HttpServerConnectionTest::echo)));
    }

    /** Old clients send one line end more than a body has. */
    @ParameterizedTest
    @EnumSource
    void aLineEndBehindABodyIsNoRequest(Maker maker) throws IOException {
        String requests = "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst\r\n" + LAST;
        assertEquals("/1=first;/last=;", bodies(answered(maker, requests, HttpServerConnectionTest::echo)));
    }

    @ParameterizedTest
    @EnumSource
    void aClientSendsCredentialsOnTheConnectionThatWasRefused(Maker maker) throws IOException {
        HttpServer server = maker.bound();
        server.createContext("/", HttpServerConnectionTest::echo).setAuthenticator(new BasicAuthenticator("realm") {
            @Override
            public boolean checkCredentials(String user, String password) {
                return user.equals("fred") && password.equals("fredpassword");
            }
        });
        server.start();
        try {
            String request = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n";
            String answer = ask(
                    server,
                    request + "\r\nfirst" + request + "Connection: close\r\n"
                            + "Authorization: Basic ZnJlZDpmcmVkcGFzc3dvcmQ=\r\n\r\nagain");
            assertTrue(answer.startsWith("HTTP/1.1 401"), answer);
            assertTrue(answer.endsWith("/a=again;"), answer);
        } finally {
            server.stop(0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBodyThatBreaksOffIsAnIOException(Maker maker) throws Exception {
        HttpServer server = maker.bound();
        CountDownLatch failed = new CountDownLatch(2);
        CountDownLatch begun = new CountDownLatch(2);
        ExecutorService executor = Executors.newCachedThreadPool();
        server.setExecutor(executor);
        server.createContext("/", exchange -> {
            InputStream body = exchange.getRequestBody();
            body.read();
            begun.countDown();
            assertThrows(IOException.class, body::readAllBytes);
            failed.countDown();
            exchange.close();
        });
        server.start();
        try (Socket fixed = connect(server);
                Socket chunked = connect(server)) {
            send(fixed, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\nfoo bar99");
            send(chunked, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nFoo bar");
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            fixed.shutdownOutput();
            chunked.shutdownOutput();
            assertTrue(failed.await(30, TimeUnit.SECONDS));
        } finally {
            server.stop(0);
            executor.shutdownNow();
        }
    }

    /** Programs write an empty body into the stream of an answer that has none. */
    @ParameterizedTest
    @EnumSource
    void nothingMayBeWrittenWhereThereIsNoBody(Maker maker) throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        answered(maker, LAST, exchange -> {
            try {
                var out = exchange.getResponseBody();
                exchange.sendResponseHeaders(200, -1);
                out.write(new byte[0]);
                out.close();
                outcome.complete("fine");
            } catch (IOException e) {
                outcome.complete(e.toString());
            }
        });
        assertEquals("fine", outcome.get(30, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @EnumSource
    void headKeepsTheConnection(Maker maker) throws IOException {
        HttpHandler handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", "65536");
                exchange.sendResponseHeaders(200, -1);
                exchange.close();
            } else {
                answer(exchange, 200, "body");
            }
        };
        String answers = answered(maker, "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + LAST, handler);
        assertTrue(answers.toLowerCase(java.util.Locale.ROOT).contains("content-length: 65536"), answers);
        assertTrue(answers.endsWith("\r\n\r\nbody"), answers);
    }

    /** Each exchange is one task: many that come at once are on as many threads. */
    @ParameterizedTest
    @EnumSource
    void anExecutorWithAThreadForEachTaskGetsATaskForEachExchange(Maker maker) throws Exception {
        HttpServer server = maker.bound();
        Set<Thread> threads = ConcurrentHashMap.newKeySet();
        CountDownLatch together = new CountDownLatch(50);
        AtomicInteger answers = new AtomicInteger();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            server.setExecutor(executor);
            server.createContext("/", exchange -> {
                threads.add(Thread.currentThread());
                together.countDown();
                try {
                    assertTrue(together.await(30, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                answer(exchange, 200, "ok");
            });
            server.start();
            for (int i = 0; i < 50; i++) {
                executor.execute(() -> {
                    try {
                        answers.addAndGet(ask(server, LAST).endsWith("ok") ? 1 : 0);
                    } catch (IOException e) {
                        answers.addAndGet(1000);
                    }
                });
            }
            assertTrue(together.await(30, TimeUnit.SECONDS));
            executor.shutdown();
            assertTrue(executor.awaitTermination(30, TimeUnit.SECONDS));
            assertEquals(50, answers.get());
            assertEquals(50, threads.size());
        } finally {
            server.stop(0);
        }
    }

    // ---- S21: the end of a server

    @ParameterizedTest
    @EnumSource
    void stopWaitsForAnExchangeAndReturnsWhenItIsDone(Maker maker) throws Exception {
        HttpServer server = maker.bound();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        server.createContext("/", exchange -> {
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            answer(exchange, 200, "done");
        });
        server.start();
        try (Socket socket = connect(server)) {
            send(socket, LAST);
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            Thread stopping = Thread.ofVirtual().start(() -> server.stop(100));
            goOn.countDown();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(answer.endsWith("done"), answer);
            assertTrue(stopping.join(java.time.Duration.ofSeconds(60)), "stop(100) is still waiting");
        }
        server.stop(0);
    }

    /** What the handler says then goes nowhere, and is no error of the server's. */
    @ParameterizedTest
    @EnumSource
    void aHandlerThatOutlivesTheServerGetsAnIOException(Maker maker) throws Exception {
        HttpServer server = maker.bound();
        CompletableFuture<String> outcome = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        ExecutorService executor = Executors.newCachedThreadPool();
        server.setExecutor(task -> executor.execute(() -> {
            try {
                task.run();
            } catch (Throwable e) {
                outcome.complete("the task threw " + e);
            }
        }));
        server.createContext("/", exchange -> {
            begun.countDown();
            for (boolean waiting = true; waiting; ) {
                try {
                    stopped.await();
                    waiting = false;
                } catch (InterruptedException e) {
                    // stop() of one of the servers interrupts
                }
            }
            try {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write(new byte[1 << 20]);
                exchange.close();
                outcome.complete("sent");
            } catch (IOException e) {
                outcome.complete("IOException");
                throw e;
            }
        });
        server.start();
        try (Socket socket = connect(server)) {
            send(socket, LAST);
            assertTrue(begun.await(30, TimeUnit.SECONDS));
            server.stop(0);
            stopped.countDown();
            assertEquals("IOException", outcome.get(30, TimeUnit.SECONDS));
        } finally {
            executor.shutdownNow();
        }
    }
}

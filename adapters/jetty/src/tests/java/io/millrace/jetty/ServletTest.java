// SPDX-License-Identifier: Apache-2.0
package io.millrace.jetty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.MultipartConfigElement;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A servlet program under Jetty's own connector and under Millrace's: the same answers. */
@Timeout(120)
final class ServletTest {
    private static final byte[] LARGE = pattern(5_000_000);

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ((i * 31) >> 3);
        }
        return bytes;
    }

    /** A running server with a servlet at {@code /} and a client. */
    private static final class Program implements AutoCloseable {
        final Server server = new Server();
        final ServerConnector connector;
        final HttpClient client =
                HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

        Program(Connectors connectors, HttpServlet servlet) throws Exception {
            connector = connectors.add(server);
            ServletContextHandler context = new ServletContextHandler("/", ServletContextHandler.SESSIONS);
            ServletHolder holder = new ServletHolder(servlet);
            holder.setAsyncSupported(true);
            holder.getRegistration().setMultipartConfig(new MultipartConfigElement("", -1, -1, 1_000_000));
            context.addServlet(holder, "/app/*");
            server.setHandler(context);
            server.start();
        }

        HttpRequest.Builder to(String path) {
            return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + connector.getLocalPort() + path));
        }

        HttpResponse<String> get(String path) throws Exception {
            return client.send(to(path).build(), BodyHandlers.ofString());
        }

        HttpResponse<byte[]> post(String path, BodyPublisher body) throws Exception {
            return client.send(to(path).POST(body).build(), BodyHandlers.ofByteArray());
        }

        Socket socket() throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), connector.getLocalPort());
            socket.setSoTimeout(30_000);
            return socket;
        }

        @Override
        public void close() {
            client.shutdownNow();
            try {
                server.stop();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void answersRequestsAndKeepsSessions(Connectors connectors) throws Exception {
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                Integer count = (Integer) request.getSession().getAttribute("count");
                request.getSession().setAttribute("count", count == null ? 1 : count + 1);
                response.setContentType("text/plain;charset=utf-8");
                response.addHeader("X-Many", "a");
                response.addHeader("X-Many", "b");
                response.getWriter()
                        .print(request.getPathInfo() + "?" + request.getParameter("q") + " " + count + " "
                                + request.getScheme() + "://" + request.getServerName() + " "
                                + request.getRemoteAddr());
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            HttpResponse<String> first = program.get("/app/h%C3%A9?q=1%202");
            assertEquals("/hé?1 2 null http://127.0.0.1 127.0.0.1", first.body());
            assertEquals(List.of("a", "b"), first.headers().allValues("x-many"));
            assertEquals(
                    "/x?null 1 http://127.0.0.1 127.0.0.1",
                    program.get("/app/x").body());
            assertEquals(404, program.get("/nothing").statusCode());
            HttpResponse<String> head =
                    program.client.send(program.to("/app/x").HEAD().build(), BodyHandlers.ofString());
            assertEquals("", head.body());
            assertEquals(200, head.statusCode());
            assertEquals(400, program.get("/app/%2e%2e;/x").statusCode());
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsAndWritesLargeBodiesInBothFramings(Connectors connectors) throws Exception {
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
                if (request.getParameter("length") != null) {
                    response.setContentLength(LARGE.length);
                }
                request.getInputStream().transferTo(response.getOutputStream());
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            BodyPublisher chunked = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(LARGE));
            assertTrue(Arrays.equals(
                    LARGE,
                    program.post("/app/", BodyPublishers.ofByteArray(LARGE)).body()));
            assertTrue(
                    Arrays.equals(LARGE, program.post("/app/?length=1", chunked).body()));
            assertEquals(0, program.post("/app/", BodyPublishers.noBody()).body().length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void takesUploadsInParts(Connectors connectors) throws Exception {
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
                try {
                    response.getWriter().print(request.getPart("file").getSize() + " " + request.getParameter("a"));
                } catch (jakarta.servlet.ServletException e) {
                    throw new IOException(e);
                }
            }
        };
        String text =
                "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--B\r\nContent-Disposition: form-data;"
                        + " name=\"file\"; filename=\"f\"\r\n\r\n" + "x".repeat(500_000) + "\r\n--B--\r\n";
        try (Program program = new Program(connectors, servlet)) {
            HttpRequest request = program.to("/app/")
                    .header("Content-Type", "multipart/form-data; boundary=B")
                    .POST(BodyPublishers.ofString(text))
                    .build();
            assertEquals(
                    "500000 one",
                    program.client.send(request, BodyHandlers.ofString()).body());
        }
    }

    @ParameterizedTest
    @EnumSource
    void asynchronousContextsTimeOutAndDispatch(Connectors connectors) throws Exception {
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                if (request.getAttribute("done") != null) {
                    response.getWriter().print("dispatched " + request.getAttribute("done"));
                    return;
                }
                AsyncContext async = request.startAsync();
                if (request.getPathInfo().equals("/timeout")) {
                    async.setTimeout(50);
                    async.addListener(new Answering());
                } else {
                    async.start(() -> {
                        request.setAttribute("done", "once");
                        async.dispatch();
                    });
                }
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            assertEquals("dispatched once", program.get("/app/dispatch").body());
            assertEquals("timed out", program.get("/app/timeout").body());
        }
    }

    /** Answers when time is up. */
    private static final class Answering implements AsyncListener {
        @Override
        public void onComplete(AsyncEvent event) {}

        @Override
        public void onTimeout(AsyncEvent event) throws IOException {
            event.getSuppliedResponse();
            event.getAsyncContext().getResponse().getWriter().print("timed out");
            event.getAsyncContext().complete();
        }

        @Override
        public void onError(AsyncEvent event) {}

        @Override
        public void onStartAsync(AsyncEvent event) {}
    }

    @ParameterizedTest
    @EnumSource
    void listenersEchoWithoutBlocking(Connectors connectors) throws Exception {
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
                AsyncContext async = request.startAsync();
                async.setTimeout(0);
                Echo echo = new Echo(async, request.getInputStream(), response.getOutputStream());
                request.getInputStream().setReadListener(echo);
                response.getOutputStream().setWriteListener(echo);
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            byte[] answer =
                    program.post("/app/", BodyPublishers.ofByteArray(LARGE)).body();
            assertTrue(Arrays.equals(LARGE, answer), "differs: " + answer.length);
        }
    }

    /** Sends back what comes, by Servlet's listeners. */
    private record Echo(AsyncContext async, ServletInputStream in, ServletOutputStream out)
            implements ReadListener, WriteListener {
        @Override
        public void onDataAvailable() throws IOException {
            onWritePossible();
        }

        @Override
        public synchronized void onWritePossible() throws IOException {
            byte[] buffer = new byte[8192];
            while (out.isReady()) {
                if (in.isFinished()) {
                    async.complete();
                    return;
                }
                if (!in.isReady()) {
                    return;
                }
                int count = in.read(buffer);
                if (count > 0) {
                    out.write(buffer, 0, count);
                }
            }
        }

        @Override
        public void onAllDataRead() throws IOException {
            onWritePossible();
        }

        @Override
        public void onError(Throwable failure) {
            async.complete();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatLeavesIsNoticedBothWays(Connectors connectors) throws Exception {
        CompletableFuture<Throwable> writing = new CompletableFuture<>();
        CompletableFuture<Throwable> reading = new CompletableFuture<>();
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) {
                try {
                    while (true) {
                        response.getOutputStream().write(new byte[10_000]);
                        response.flushBuffer();
                    }
                } catch (IOException e) {
                    writing.complete(e);
                }
            }

            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) {
                try (InputStream in = request.getInputStream()) {
                    in.readAllBytes();
                    reading.complete(null);
                } catch (IOException e) {
                    reading.complete(e);
                }
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            try (Socket socket = program.socket()) {
                send(socket, "GET /app/ HTTP/1.1\r\nHost: h\r\n\r\n");
                socket.getInputStream().readNBytes(20_000);
                socket.setSoLinger(true, 0);
            }
            assertTrue(writing.get(30, TimeUnit.SECONDS) instanceof IOException);
            try (Socket socket = program.socket()) {
                send(socket, "POST /app/ HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc");
            }
            assertTrue(reading.get(30, TimeUnit.SECONDS) instanceof IOException);
        }
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @EnumSource
    void slowHeadsHoldNoThread(Connectors connectors) throws Exception {
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                response.getWriter().print("hello");
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            List<Socket> slow = new ArrayList<>();
            try {
                for (int i = 0; i < 300; i++) {
                    slow.add(program.socket());
                    send(slow.get(i), "GET /app/ HT");
                }
                assertEquals("hello", program.get("/app/").body());
                send(slow.get(299), "TP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
                assertTrue(new String(slow.get(299).getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                        .endsWith("hello"));
            } finally {
                for (Socket each : slow) {
                    each.close();
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void stoppingLetsARequestInFlightFinish(Connectors connectors) throws Exception {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        HttpServlet servlet = new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
                entered.countDown();
                try {
                    leave.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                response.getWriter().print("finished");
            }
        };
        try (Program program = new Program(connectors, servlet)) {
            CompletableFuture<HttpResponse<String>> answer =
                    program.client.sendAsync(program.to("/app/").build(), BodyHandlers.ofString());
            assertTrue(entered.await(30, TimeUnit.SECONDS));
            int port = program.connector.getLocalPort();
            CompletableFuture<Void> down = program.connector.shutdown();
            awaitRefusal(port);
            leave.countDown();
            assertEquals("finished", answer.get(30, TimeUnit.SECONDS).body());
            program.client.shutdownNow();
            down.get(60, TimeUnit.SECONDS);
        }
    }

    private static void awaitRefusal(int port) throws InterruptedException {
        for (long end = System.nanoTime() + 30_000_000_000L; System.nanoTime() < end; Thread.sleep(10)) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
            } catch (IOException e) {
                return;
            }
        }
        fail("the port is still open");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import io.millrace.client.ClientRequest;
import io.millrace.client.CollectedResponse;
import io.millrace.client.HttpClient;
import io.millrace.client.HttpFailure;
import io.millrace.client.Origin;
import io.millrace.client.RequestContent;
import io.millrace.client.Timeouts;
import io.millrace.http.Headers;
import io.millrace.web.HttpClients;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A server that listens while a test runs, and a client for it: for what {@link TestExchange} cannot show, such as
 * streams that stay open, WebSockets, clients of other libraries, and the fields that a wire adds.
 *
 * <pre>{@code
 * try (TestServer server = TestServer.with(app -> app.get("/", (request, response) -> response.send("hello")))) {
 *     assertEquals("hello", TestExchange.get("/").send(server).text());
 * }
 * }</pre>
 *
 * <p>Speaks HTTP in the clear. Any number of threads may ask.
 */
public final class TestServer implements AutoCloseable {
    private static final int MOST_BYTES = 64 << 20;

    private final WebServer server;
    private final HttpClient client;

    private TestServer(WebServer server, HttpClient client) {
        this.server = server;
        this.client = client;
    }

    /**
     * Starts a server of an application, which should be one for port 0, any that is free.
     *
     * @throws IOException if it cannot be started
     */
    public static TestServer start(WebServer server) throws IOException {
        HttpClient client = HttpClients.open();
        try {
            return new TestServer(server.start(), client);
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    /**
     * Starts a server at a port that is free.
     *
     * @param setup adds the routes and whatever else is tested
     * @throws IOException if it cannot be started
     */
    public static TestServer with(Consumer<? super WebServer> setup) throws IOException {
        WebServer server = WebServer.on(0);
        setup.accept(server);
        return start(server);
    }

    /** Returns where it listens, such as {@code http://127.0.0.1:40001/}. */
    public URI base() {
        return URI.create("http://127.0.0.1:" + server.port() + "/");
    }

    /** Returns the server, for what a test asks of it: statistics, a drain, a stop. */
    public WebServer server() {
        return server;
    }

    /** Sends a request and waits for the whole answer. */
    TestAnswer ask(String method, String target, List<Map.Entry<String, String>> fields, byte[] body, Duration patience)
            throws HttpFailure {
        ClientRequest request = client.request(method, Origin.of(base()), target)
                .timeouts(
                        Timeouts.DEFAULT.withTotal(patience).withHead(patience).withSilence(patience));
        fields.forEach(field -> request.header(field.getKey(), field.getValue()));
        if (body.length > 0) {
            request.body(RequestContent.of(body));
        }
        CollectedResponse answer = request.receive(MOST_BYTES);
        return new TestAnswer(answer.status(), copy(answer.head().headers()), answer.body(), copy(answer.trailers()));
    }

    private static List<Map.Entry<String, String>> copy(Headers fields) {
        List<Map.Entry<String, String>> copy = new ArrayList<>();
        for (int i = 0; i < fields.size(); i++) {
            copy.add(Map.entry(fields.name(i), fields.value(i)));
        }
        return copy;
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}

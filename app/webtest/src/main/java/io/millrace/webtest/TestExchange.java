// SPDX-License-Identifier: Apache-2.0
package io.millrace.webtest;

import io.millrace.http.Handler;
import io.millrace.http.HttpContext;
import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A request without a network, for tests of handlers and of whole servers that are not started:
 *
 * <pre>{@code
 * TestAnswer answer = TestExchange.get("/x/7").header("Accept", "text/plain").handle(server);
 * }</pre>
 *
 * <p>Filters, error handlers, places to run and bodies are as on a connection; the loop is the calling thread, which
 * waits for the answer. Upgrades are refused. {@link #send} asks a {@link TestServer}, over a socket. For one thread.
 */
public final class TestExchange {
    private final String method;
    private final String target;
    private final List<Map.Entry<String, String>> fields = new ArrayList<>();
    private byte[] body = {};
    private Duration patience = Duration.ofSeconds(30);

    private TestExchange(String method, String target) {
        if (!target.startsWith("/")) {
            throw new IllegalArgumentException("a target begins with a slash: " + target);
        }
        this.method = method;
        this.target = target;
    }

    /** Returns a request with any method; the target is a path and perhaps a query, percent-encoded. */
    public static TestExchange of(String method, String target) {
        return new TestExchange(method, target);
    }

    /** Returns a GET request. */
    public static TestExchange get(String target) {
        return of("GET", target);
    }

    /** Returns a POST request. */
    public static TestExchange post(String target) {
        return of("POST", target);
    }

    /** Returns a PUT request. */
    public static TestExchange put(String target) {
        return of("PUT", target);
    }

    /** Returns a DELETE request. */
    public static TestExchange delete(String target) {
        return of("DELETE", target);
    }

    /** Adds a header field. Host is {@code localhost} if never said, and Content-Length that of the body. */
    public TestExchange header(String name, String value) {
        fields.add(Map.entry(name, value));
        return this;
    }

    /** Adds a cookie. */
    public TestExchange cookie(String name, String value) {
        return header("Cookie", name + "=" + value);
    }

    /** Adds the cookies that an answer set, as a browser sends them back; those that it removed are left away. */
    public TestExchange cookiesOf(TestAnswer answer) {
        answer.cookies().forEach(this::cookie);
        return this;
    }

    /** Sets the body as UTF-8. */
    public TestExchange body(String text) {
        return body(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Sets a form as the body, names and values in turn, and its type.
     *
     * @throws IllegalArgumentException for a name without a value
     */
    public TestExchange form(String... namesAndValues) {
        if (namesAndValues.length % 2 != 0) {
            throw new IllegalArgumentException("a name without a value: " + List.of(namesAndValues));
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            text.append(i == 0 ? "" : "&").append(URLEncoder.encode(namesAndValues[i], StandardCharsets.UTF_8));
            text.append('=').append(URLEncoder.encode(namesAndValues[i + 1], StandardCharsets.UTF_8));
        }
        return header("Content-Type", "application/x-www-form-urlencoded").body(text.toString());
    }

    /** Sets the body. */
    public TestExchange body(byte[] bytes) {
        body = bytes.clone();
        return this;
    }

    /** Sets how long the answer may take, 30 seconds if never set. */
    public TestExchange patience(Duration time) {
        patience = time;
        return this;
    }

    /**
     * Lets a server answer, which need not be started.
     *
     * @throws AssertionError if no answer comes in time
     */
    public TestAnswer handle(WebServer server) {
        return handle(server.context());
    }

    /** Lets a handler answer, a {@link io.millrace.http.Router} for one; as {@link #handle(WebServer)} otherwise. */
    public TestAnswer handle(Handler handler) {
        return handle(HttpContext.of(handler));
    }

    /**
     * Sends this over a socket to a server that listens, and waits for the whole answer.
     *
     * @throws IOException if no whole answer comes in time
     */
    public TestAnswer send(TestServer server) throws IOException {
        return server.ask(method, target, fields, body, patience);
    }

    private List<Map.Entry<String, String>> completed() {
        List<Map.Entry<String, String>> all = new ArrayList<>(fields);
        if (fields.stream().noneMatch(field -> field.getKey().equalsIgnoreCase("Host"))) {
            all.add(Map.entry("Host", "localhost"));
        }
        if (body.length > 0) {
            all.add(Map.entry("Content-Length", String.valueOf(body.length)));
        }
        return all;
    }

    private TestAnswer handle(HttpContext context) {
        TestLink link = new TestLink();
        AnswerRecorder wire = new AnswerRecorder(context, link, body);
        wire.ask(method, target, completed());
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (!wire.over()) {
                wire.feed();
                if (!wire.over() && !link.runNext(end - System.nanoTime())) {
                    wire.leave();
                    throw new AssertionError("no answer to " + method + " " + target + " within " + patience);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted before the answer to " + method + " " + target, e);
        }
        return wire.answer();
    }
}

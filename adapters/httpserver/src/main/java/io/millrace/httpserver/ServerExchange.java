// SPDX-License-Identifier: Apache-2.0
package io.millrace.httpserver;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import io.millrace.http.HttpDate;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http.Status;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;

/**
 * A request and its answer under the JDK's API. Any one thread at a time may use it, none of them a loop.
 *
 * <pre>
 *   sendResponseHeaders    n > 0   fixed length ──► body written and closed ──► over
 *                          0       chunked      ──► body closed             ──► over
 *                          -1      no body                                  ──► over
 *   close() before it      the connection ends without an answer
 * </pre>
 */
final class ServerExchange extends HttpExchange {
    private static final System.Logger LOGGER = System.getLogger("com.sun.net.httpserver");

    private final Request request;
    private final Response response;
    private final PathContext context;
    private final URI uri;
    private final Map<String, Object> attributes;
    private final BooleanSupplier closeAfter;
    private final RequestInput requestBody;
    private final ResponseOutput responseBody;
    private final Headers responseHeaders = new Headers();
    private Headers requestHeaders;
    private InputStream input;
    private OutputStream output;
    private HttpPrincipal principal;
    private int code = -1;
    private boolean headSent;
    private boolean closed;

    /**
     * Makes an exchange.
     *
     * @param closeAfter is asked, when the head of the answer is sent, whether the connection is to end after it
     */
    ServerExchange(
            Request request,
            Response response,
            PathContext context,
            URI uri,
            ServerProperties settings,
            BooleanSupplier closeAfter) {
        this.request = request;
        this.response = response;
        this.context = context;
        this.uri = uri;
        this.attributes = settings.sharedAttributes() ? context.getAttributes() : new HashMap<>();
        this.closeAfter = closeAfter;
        this.requestBody = new RequestInput(request.body());
        this.responseBody = new ResponseOutput(response, requestBody::close);
        this.input = requestBody;
        this.output = responseBody;
        if (request.version() == 10) {
            sayWhetherConnectionLasts(settings);
        }
    }

    // A client of HTTP/1.0 must be told.
    private void sayWhetherConnectionLasts(ServerProperties settings) {
        String asked = request.header("Connection");
        if (asked == null) {
            responseHeaders.set("Connection", "close");
        } else if (asked.equalsIgnoreCase("keep-alive")) {
            responseHeaders.set("Connection", "keep-alive");
            responseHeaders.set("Keep-Alive", "timeout=" + settings.idleSeconds());
        }
    }

    // ---- the request

    @Override
    public Headers getRequestHeaders() {
        if (requestHeaders == null) {
            requestHeaders = FieldCopies.of(request);
        }
        return requestHeaders;
    }

    @Override
    public URI getRequestURI() {
        return uri;
    }

    @Override
    public String getRequestMethod() {
        return request.method();
    }

    @Override
    public HttpContext getHttpContext() {
        return context;
    }

    @Override
    public InputStream getRequestBody() {
        return input;
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
        return tcp(request.peer());
    }

    @Override
    public InetSocketAddress getLocalAddress() {
        return tcp(request.local());
    }

    private static InetSocketAddress tcp(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet : null;
    }

    @Override
    public String getProtocol() {
        return request.version() == 10 ? "HTTP/1.0" : "HTTP/1.1";
    }

    // ---- what filters and handlers tell each other

    @Override
    public Object getAttribute(String name) {
        return attributes.get(Objects.requireNonNull(name, "name"));
    }

    @Override
    public void setAttribute(String name, Object value) {
        Objects.requireNonNull(name, "name");
        if (value == null) {
            attributes.remove(name);
        } else {
            attributes.put(name, value);
        }
    }

    @Override
    public void setStreams(InputStream newInput, OutputStream newOutput) {
        input = newInput == null ? input : newInput;
        output = newOutput == null ? output : newOutput;
    }

    @Override
    public HttpPrincipal getPrincipal() {
        return principal;
    }

    /** Sets who the authenticator says has asked. */
    void principal(HttpPrincipal who) {
        principal = who;
    }

    // ---- the answer

    @Override
    public Headers getResponseHeaders() {
        return responseHeaders;
    }

    @Override
    public OutputStream getResponseBody() {
        return output;
    }

    @Override
    public int getResponseCode() {
        return code;
    }

    /**
     * Sends the head of the answer, with the first bytes of its body or the first flush if it has one.
     *
     * @param length of the body in bytes; 0 for one whose length is not known, -1 for none
     * @throws IOException if it has been sent already, or 101 is sent to a client that did not ask for that protocol
     * @throws IllegalArgumentException for a status below 100 or above 599, or a field name that is no token
     */
    @Override
    public void sendResponseHeaders(int status, long length) throws IOException {
        if (headSent) {
            throw new IOException("headers already sent");
        }
        if (status == 101) {
            switchProtocol();
        } else if (status >= 100 && status < 200) {
            sendInterim(status);
        } else {
            sendFinal(status, length);
        }
    }

    // 100 is sent when the body is read for the first time.
    private void sendInterim(int status) {
        if (status != 100) {
            FieldCopies.into(response, responseHeaders);
            response.interim(status);
            log(status);
        }
    }

    private void switchProtocol() throws IOException {
        String name = responseHeaders.getFirst("Upgrade");
        if (name == null) {
            throw new IOException("101 without a field that says which protocol: Upgrade");
        }
        Headers others = new Headers(responseHeaders);
        others.remove("Upgrade");
        others.remove("Connection");
        FieldCopies.into(response, others);
        RawStreams streams = new RawStreams();
        try {
            response.upgrade(name, () -> streams);
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
        response.onAborted(streams::end);
        headSent = true;
        code = 101;
        log(101);
        input = input == requestBody ? streams.input() : input;
        responseBody.to(streams.output());
    }

    private void sendFinal(int status, long length) throws IOException {
        try {
            response.status(status);
        } catch (IllegalStateException e) {
            closed = true; // the server was stopped meanwhile
            throw new IOException(e.getMessage(), e);
        }
        FieldCopies.into(response, responseHeaders);
        if (closeAfter.getAsBoolean()) {
            response.closeAfter();
        }
        headSent = true;
        code = status;
        note(status, length);
        begin(status, length);
        log(status);
    }

    // Programs print them, as those of the JDK's server: the connection writes its own.
    private void note(int status, long length) {
        responseHeaders.set("Date", HttpDate.format(System.currentTimeMillis() / 1000));
        if (status == 204 || status == 304 || request.method().equals("HEAD")) {
            return;
        }
        if (length != 0) {
            responseHeaders.set("Content-length", Long.toString(Math.max(0, length)));
        } else if (request.version() > 10) {
            responseHeaders.set("Transfer-encoding", "chunked");
        }
    }

    private void begin(int status, long length) {
        boolean empty = status == 204 || status == 304;
        boolean head = request.method().equals("HEAD");
        if ((empty && length != -1) || (head && length > 0)) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "sendResponseHeaders: there is no body in an answer {0}, and its length is -1",
                    head ? "to HEAD" : "with status " + status);
        }
        if (empty || head) {
            finish();
            response.sendHead(status == 204 ? -1 : FieldCopies.length(responseHeaders));
        } else if (length == 0) {
            responseBody.unbounded();
        } else if (length > 0) {
            responseBody.fixed(length);
        } else {
            finish();
            response.send();
        }
    }

    private void finish() {
        closed = true;
        responseBody.none();
    }

    private void log(int status) {
        LOGGER.log(
                System.Logger.Level.DEBUG,
                () -> request.method() + " " + uri + " " + getProtocol() + " [" + status + " " + Status.reason(status)
                        + "] ()");
    }

    /**
     * Ends the exchange: closes what is open of its streams. Ends the connection if no answer was begun, or one of a
     * known length is not complete.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (!headSent) {
            response.abort();
            return;
        }
        try {
            output.close();
            responseBody.close();
        } catch (IOException e) {
            response.abort();
        }
    }

    /** Returns whether the head of an answer has been sent. */
    boolean isAnswered() {
        return headSent;
    }

    /** Returns whether the answer is complete and closed. */
    boolean isOver() {
        return closed || responseBody.isClosed();
    }

    /**
     * The handler has returned. What it has written is sent, even if it goes on elsewhere; a body that is complete is
     * taken to be closed.
     */
    void returned() throws IOException {
        if (!headSent || isOver()) {
            return;
        }
        if (responseBody.isComplete() && requestBody.isEnded()) {
            close();
        } else {
            responseBody.flush();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.junit;

import io.millrace.web.WebServer;
import java.io.IOException;
import java.net.URI;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A web server for the tests of a class, at a free port of the loopback address:
 *
 * <pre>{@code
 * @RegisterExtension
 * static final MillraceExtension SERVER =
 *         MillraceExtension.with(server -> server.get("/", (request, response) -> response.send("hello")));
 *
 * @Test
 * void asks(URI base) { … }
 * }</pre>
 *
 * <p>Runs for all tests of the class if the field is static, else for each anew. A parameter of type {@link URI} is
 * where it listens, one of type {@link WebServer} the server.
 */
public final class MillraceExtension
        implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, ParameterResolver {
    private final Consumer<WebServer> setup;
    private WebServer server;
    private boolean isForAll;

    private MillraceExtension(Consumer<WebServer> setup) {
        this.setup = setup;
    }

    /** Returns an extension whose server has the routes that {@code setup} adds. */
    public static MillraceExtension with(Consumer<WebServer> setup) {
        return new MillraceExtension(setup);
    }

    private void start() throws IOException {
        server = WebServer.on(0);
        setup.accept(server);
        server.start();
    }

    private void stop() {
        if (server != null) {
            server.close();
            server = null;
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        isForAll = true;
        start();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        stop();
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        if (!isForAll) {
            start();
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (!isForAll) {
            stop();
        }
    }

    /** Returns where the server listens, such as {@code http://127.0.0.1:43210}. */
    public URI base() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == URI.class || type == WebServer.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == URI.class ? base() : server;
    }
}

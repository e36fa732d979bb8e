// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.http.HttpContext;
import io.millrace.http.HttpException;
import io.millrace.http.Request;
import io.millrace.http.Response;
import io.millrace.http1.Http1Factory;
import io.millrace.models.IoModel;
import io.millrace.models.ModelOptions;
import io.millrace.models.Server;
import io.millrace.transport.ListenOptions;
import io.millrace.transport.Listener;
import java.io.IOException;

/**
 * The port in the clear beside one with TLS: sends each client to the https URL with 308, so that methods and bodies
 * remain. On a loop of its own whatever the server's model is, in the process that the user has started.
 */
final class RedirectListener implements AutoCloseable {
    private final Server server;
    private final Listener listener;

    private RedirectListener(Server server, Listener listener) {
        this.server = server;
        this.listener = listener;
    }

    static RedirectListener open(ServerSettings settings, int tlsPort) throws IOException {
        HttpContext context =
                settings.clearContext((request, response) -> redirect(request, response, tlsPort), settings.challenges);
        Server server = IoModel.auto().open(ModelOptions.DEFAULT.withCarriers(1));
        try {
            ListenOptions options = ListenOptions.on(settings.redirectFrom());
            Listener listener =
                    server.listen(options, () -> new ProtocolSelector(context, new Http1Factory(context), null));
            return new RedirectListener(server, listener);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private static void redirect(Request request, Response response, int tlsPort) throws HttpException {
        String url = HttpsUrl.of(request, tlsPort);
        if (url == null) {
            throw new HttpException(400, "The request names no host.");
        }
        response.status(308).header("Location", url);
        response.send("");
    }

    int port() {
        return listener.address().getPort();
    }

    @Override
    public void close() {
        server.close();
    }
}

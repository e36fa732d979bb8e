// SPDX-License-Identifier: Apache-2.0
package io.millrace.spring;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** Whose server a test asks: the framework's own, which is the control, or Millrace's. */
enum Servers {
    CONTROL,
    MILLRACE;

    private static final String OURS = "io.millrace.spring.MillraceReactiveAutoConfiguration,"
            + "io.millrace.spring.MillraceJettyAutoConfiguration,io.millrace.spring.MillraceManagementAutoConfiguration";
    private static final String JETTYS_REACTIVE =
            "org.springframework.boot.jetty.autoconfigure.reactive.JettyReactiveWebServerAutoConfiguration,"
                    + "org.springframework.boot.jetty.autoconfigure.actuate.web.server.JettyReactiveManagementContextAutoConfiguration";

    /** A running application and a client of it. */
    static final class App implements AutoCloseable {
        final ConfigurableApplicationContext context;
        final HttpClient client = HttpClient.newHttpClient();

        App(ConfigurableApplicationContext context) {
            this.context = context;
        }

        int port() {
            return ((WebServerApplicationContext) context).getWebServer().getPort();
        }

        HttpRequest.Builder to(String path) {
            return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
        }

        HttpResponse<String> get(String path) throws Exception {
            return client.send(to(path).build(), BodyHandlers.ofString());
        }

        String engine() {
            return ((WebServerApplicationContext) context)
                    .getWebServer()
                    .getClass()
                    .getSimpleName();
        }

        @Override
        public void close() {
            client.shutdownNow();
            context.close();
        }
    }

    App start(WebApplicationType type, Class<?> application, String... properties) {
        List<String> all = new ArrayList<>(List.of(properties));
        if (all.stream().noneMatch(each -> each.startsWith("server.port"))) {
            all.add("server.port=0");
        }
        all.add("spring.main.banner-mode=off");
        all.add("spring.autoconfigure.exclude=" + JETTYS_REACTIVE + (this == CONTROL ? "," + OURS : ""));
        return new App(new SpringApplicationBuilder(application)
                .web(type)
                .properties(all.toArray(String[]::new))
                .run());
    }
}

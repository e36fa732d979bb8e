// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.webflux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.context.WebServerApplicationContext;

@Timeout(120)
final class AnnouncementsTest {
    private static String event(BufferedReader events) throws Exception {
        for (String line = events.readLine(); line != null; line = events.readLine()) {
            if (line.startsWith("data:")) {
                return line.substring(5);
            }
        }
        return null;
    }

    private static int announce(HttpClient client, URI news, String text) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(news)
                .header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString(text))
                .build();
        return Integer.parseInt(client.send(request, BodyHandlers.ofString()).body());
    }

    @Test
    void everybodyWhoListensHearsIt() throws Exception {
        SpringApplication program = new SpringApplication(Announcements.class);
        try (var context = program.run("--server.port=0");
                HttpClient client = HttpClient.newHttpClient()) {
            var server = ((WebServerApplicationContext) context).getWebServer();
            assertEquals("MillraceWebServer", server.getClass().getSimpleName());
            URI news = URI.create("http://127.0.0.1:" + server.getPort() + "/news");
            List<BufferedReader> listeners = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                var answer = client.send(HttpRequest.newBuilder(news).build(), BodyHandlers.ofInputStream());
                listeners.add(new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8)));
                assertEquals("listening", event(listeners.get(i)));
            }
            // Whoever has read the first event is subscribed soon.
            for (int heard = 0; heard < 3; ) {
                heard = announce(client, news, "attempt");
            }
            announce(client, news, "the end");
            for (BufferedReader each : listeners) {
                String event = event(each);
                while (!event.equals("the end")) {
                    event = event(each);
                }
                each.close();
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.http.HttpSession;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * A Spring MVC application that is switched to Millrace by its dependencies alone: this module runs it with Boot's
 * Tomcat on the class path, and once more with Millrace's starter in Tomcat's place. It names neither.
 */
@Timeout(120)
final class SwitchedApplicationTest {
    private static ConfigurableApplicationContext context;
    private static HttpClient client;

    /** The application. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @RestController
    public static class Application {
        /** Answers with JSON. */
        @GetMapping("/things/{name}")
        public Map<String, Object> thing(@PathVariable String name) {
            return Map.of("name", name);
        }

        /** Counts the visits of a session. */
        @GetMapping("/visits")
        public String visits(HttpSession session) {
            Integer before = (Integer) session.getAttribute("visits");
            session.setAttribute("visits", before == null ? 1 : before + 1);
            return "visit " + session.getAttribute("visits");
        }

        /** Takes a file. */
        @PostMapping("/files")
        public String file(@RequestParam("file") MultipartFile file) {
            return file.getOriginalFilename() + " " + file.getSize();
        }

        /** Answers from another thread. */
        @GetMapping("/later")
        public Callable<String> later() {
            return () -> "later";
        }

        /** Sends events. */
        @GetMapping("/events")
        public SseEmitter events() throws Exception {
            SseEmitter emitter = new SseEmitter();
            emitter.send("one");
            emitter.send("two");
            emitter.complete();
            return emitter;
        }
    }

    @BeforeAll
    static void start() {
        context = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.SERVLET)
                .properties("server.port=0", "spring.main.banner-mode=off")
                .run();
        client = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        context.close();
    }

    private static HttpRequest.Builder to(String path) {
        int port = ((WebServerApplicationContext) context).getWebServer().getPort();
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    }

    private static String get(String path) throws Exception {
        HttpResponse<String> answer = client.send(to(path).build(), BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer.body());
        return answer.body();
    }

    @Test
    void theServerIsTheOneThatTheDependenciesGive() throws Exception {
        boolean before = Boolean.getBoolean("before.the.switch");
        Object server = ((WebServerApplicationContext) context).getWebServer();
        if (before) {
            assertEquals("TomcatWebServer", server.getClass().getSimpleName());
            return;
        }
        Object jetty = server.getClass().getMethod("getServer").invoke(server);
        Object[] connectors =
                (Object[]) jetty.getClass().getMethod("getConnectors").invoke(jetty);
        assertEquals("MillraceConnector", connectors[0].getClass().getSimpleName());
    }

    @Test
    void itAnswersAsBefore() throws Exception {
        assertEquals("{\"name\":\"bolt\"}", get("/things/bolt"));
        assertEquals("visit 1", get("/visits"));
        assertEquals("visit 2", get("/visits"));
        assertEquals("later", get("/later"));
        assertEquals("data:one\n\ndata:two\n\n", get("/events"));
        assertEquals(
                404,
                client.send(to("/nothing").build(), BodyHandlers.discarding()).statusCode());
    }

    @Test
    void itTakesUploadsAsBefore() throws Exception {
        String body = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n"
                + "x".repeat(300_000) + "\r\n--B--\r\n";
        HttpRequest upload = to("/files")
                .header("Content-Type", "multipart/form-data; boundary=B")
                .POST(BodyPublishers.ofString(body))
                .build();
        String answer = client.send(upload, BodyHandlers.ofString()).body();
        assertTrue(answer.equals("a.txt 300000"), answer);
    }
}

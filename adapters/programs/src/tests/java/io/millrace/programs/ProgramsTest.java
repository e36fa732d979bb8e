// SPDX-License-Identifier: Apache-2.0
package io.millrace.programs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.avaje.jex.Jex;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.exporter.httpserver.HTTPServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import jakarta.jws.WebMethod;
import jakarta.jws.WebService;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.xml.ws.Endpoint;
import jakarta.xml.ws.Service;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.namespace.QName;
import org.glassfish.jersey.jdkhttp.JdkHttpServerFactory;
import org.glassfish.jersey.server.ResourceConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Frameworks that run on the JDK's HTTP server, on whichever server the class path gives. Run once with Millrace's
 * among the dependencies and once, the control, without it; nothing of a program is changed.
 */
@Timeout(120)
final class ProgramsTest {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static HttpResponse<String> send(String uri, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(uri));
        if (body != null) {
            request.POST(BodyPublishers.ofString(body));
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    private static String body(String uri) throws Exception {
        HttpResponse<String> answer = send(uri, null);
        assertEquals(200, answer.statusCode());
        return answer.body();
    }

    @Test
    void theServerIsTheOneThatTheClassPathGives() throws Exception {
        HttpServer server = HttpServer.create();
        boolean control = Boolean.getBoolean("before.the.switch");
        assertEquals(
                control ? "sun.net.httpserver" : "io.millrace.httpserver",
                server.getClass().getPackageName());
    }

    /** A resource of Jakarta REST. */
    @Path("/things")
    public static final class Things {
        @GET
        @Path("{id}")
        public String get(@PathParam("id") String id) {
            return "thing " + id;
        }

        @POST
        public String post(String body) {
            return "took " + body.length();
        }
    }

    @Test
    void jerseyAnswers() throws Exception {
        HttpServer server = JdkHttpServerFactory.createHttpServer(
                URI.create("http://127.0.0.1:0/api/"), new ResourceConfig(Things.class));
        try {
            String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/api/things";
            assertEquals("thing 7", body(base + "/7"));
            assertEquals("took 300000", send(base, "x".repeat(300_000)).body());
            assertEquals(404, send(base + "/a/b", null).statusCode());
        } finally {
            server.stop(0);
        }
    }

    @Test
    void prometheusIsScraped() throws Exception {
        PrometheusRegistry registry = new PrometheusRegistry();
        Counter.builder().name("taken").register(registry).inc(3);
        try (HTTPServer server = HTTPServer.builder()
                .inetAddress(InetAddress.getLoopbackAddress())
                .port(0)
                .registry(registry)
                .buildAndStart()) {
            String base = "http://127.0.0.1:" + server.getPort();
            assertTrue(body(base + "/metrics").contains("taken_total 3.0"));
            assertTrue(body(base + "/-/healthy").contains("healthy"));
        }
    }

    @Test
    void jolokiaAnswersAsAnAgent() throws Exception {
        String agent = java.nio.file.Path.of(Class.forName("org.jolokia.jvmagent.JvmAgent")
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
        String provider = System.getProperty("com.sun.net.httpserver.HttpServerProvider");
        ProcessBuilder builder = new ProcessBuilder(
                java.nio.file.Path.of(System.getProperty("java.home"), "bin", "java")
                        .toString(),
                "--enable-native-access=ALL-UNNAMED",
                provider == null ? "-Dnone=" : "-Dcom.sun.net.httpserver.HttpServerProvider=" + provider,
                "-cp",
                System.getProperty("java.class.path"),
                "-javaagent:" + agent + "=port=0,host=127.0.0.1",
                Waiting.class.getName());
        Process process = builder.redirectErrorStream(true).start();
        try (var lines = process.inputReader()) {
            Matcher url = null;
            StringBuilder seen = new StringBuilder();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                seen.append(line).append('\n');
                url = Pattern.compile("http://127\\.0\\.0\\.1:\\d+/jolokia").matcher(line);
                if (url.find()) {
                    break;
                }
            }
            assertNotNull(url, seen.toString());
            String answer = body(url.group() + "/read/java.lang:type=Runtime/SpecVersion");
            assertTrue(answer.contains("\"value\":\"" + Runtime.version().feature() + "\""), answer);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** A program for the agent to look at; ends with its input. */
    public static final class Waiting {
        private Waiting() {}

        /** Waits. */
        public static void main(String[] arguments) throws Exception {
            System.in.read();
        }
    }

    /** A web service. */
    @WebService(targetNamespace = "urn:test", name = "Adder", serviceName = "AdderService", portName = "AdderPort")
    public static class AdderImplementation {
        /** Adds. */
        @WebMethod
        public int add(int a, int b) {
            return a + b;
        }
    }

    /** What clients see of it. */
    @WebService(targetNamespace = "urn:test", name = "Adder")
    public interface Adder {
        /** Adds. */
        @WebMethod
        int add(int a, int b);
    }

    @Test
    void webServicesArePublishedAndCalled() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        Endpoint endpoint = Endpoint.create(new AdderImplementation());
        try {
            endpoint.publish(server.createContext("/adder"));
            server.start();
            URL wsdl = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/adder?wsdl")
                    .toURL();
            Service service = Service.create(wsdl, new QName("urn:test", "AdderService"));
            assertEquals(42, service.getPort(Adder.class).add(40, 2));
        } finally {
            endpoint.stop();
            server.stop(0);
        }
    }

    @Test
    void jexRoutes() throws Exception {
        Jex.Server server = Jex.create()
                .get("/hello/{name}", context -> context.text("hello " + context.pathParam("name")))
                .port(0)
                .start();
        try {
            String base = "http://localhost:" + server.port();
            assertEquals("hello you", body(base + "/hello/you"));
            assertEquals(404, send(base + "/nothing", null).statusCode());
        } finally {
            server.shutdown();
        }
    }
}

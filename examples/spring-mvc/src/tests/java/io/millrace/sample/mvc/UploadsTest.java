// SPDX-License-Identifier: Apache-2.0
package io.millrace.sample.mvc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.jetty.MillraceConnector;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.jetty.JettyWebServer;
import org.springframework.boot.web.server.context.WebServerApplicationContext;

@Timeout(120)
final class UploadsTest {
    private static HttpClient visitor() {
        return HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
    }

    private static String upload(HttpClient visitor, URI files, String name, int bytes) throws Exception {
        String body = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + name + "\"\r\n\r\n"
                + "x".repeat(bytes) + "\r\n--B--\r\n";
        HttpRequest request = HttpRequest.newBuilder(files)
                .header("Content-Type", "multipart/form-data; boundary=B")
                .POST(BodyPublishers.ofString(body))
                .build();
        return visitor.send(request, BodyHandlers.ofString()).body();
    }

    private static String list(HttpClient visitor, URI files) throws Exception {
        return visitor.send(HttpRequest.newBuilder(files).build(), BodyHandlers.ofString())
                .body();
    }

    @Test
    void eachVisitorSeesTheirFiles() throws Exception {
        SpringApplication program = new SpringApplication(Uploads.class);
        try (var context = program.run("--server.port=0");
                HttpClient one = visitor();
                HttpClient other = visitor()) {
            JettyWebServer server = (JettyWebServer) ((WebServerApplicationContext) context).getWebServer();
            assertTrue(server.getServer().getConnectors()[0] instanceof MillraceConnector);
            URI files = URI.create("http://127.0.0.1:" + server.getPort() + "/files");
            assertTrue(upload(one, files, "a.txt", 700_000).contains("\"bytes\":700000"));
            upload(one, files, "b.txt", 3);
            upload(other, files, "c.txt", 4);
            assertEquals("[\"a.txt\",\"b.txt\"]", list(one, files));
            assertEquals("[\"c.txt\"]", list(other, files));
        }
    }
}

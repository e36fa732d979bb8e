// SPDX-License-Identifier: Apache-2.0
package io.millrace.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.web.WebServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
final class MillraceExtensionTest {
    @RegisterExtension
    static final MillraceExtension SHARED =
            MillraceExtension.with(server -> server.get("/", (request, response) -> response.send("hello")));

    @Test
    void aTestIsToldWhereTheServerIs(URI base, WebServer server) throws Exception {
        assertEquals(server.port(), base.getPort());
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(base.resolve("/")).build();
            assertEquals("hello", client.send(request, BodyHandlers.ofString()).body());
        }
    }
}

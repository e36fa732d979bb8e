// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.core.Buffer;
import io.millrace.core.Link;
import io.millrace.core.Protocol;
import io.millrace.http.Dispatch;
import io.millrace.http.Handler;
import io.millrace.models.IoModel;
import io.millrace.testkit.RawClient;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Upgrades decided upon on any thread, whatever the server waits with. */
@Timeout(60)
final class UpgradeTest {
    private static final class Echo implements Protocol {
        @Override
        public void receive(Buffer in, Link link) {
            link.out().append(in);
            in.consume(in.readable());
            link.flush();
        }
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void anyThreadMayUpgrade(IoModel model) throws Exception {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        Handler elsewhere = (request, response) -> {
            response.defer();
            Thread.ofPlatform().start(() -> response.upgrade("echo", Echo::new));
        };
        Handler here = (request, response) -> response.upgrade("echo", Echo::new);
        try (WebServer server = WebServer.on(0)
                .model(model)
                .get("/here", here)
                .get("/deferred", elsewhere)
                .route("GET", "/virtual", Dispatch.VIRTUAL, here)
                .route("GET", "/both", Dispatch.VIRTUAL, elsewhere)
                .start()) {
            for (String target : List.of("/here", "/deferred", "/virtual", "/both")) {
                try (RawClient client = RawClient.connect(server.address())) {
                    client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
                            + "Upgrade: echo\r\n\r\nearly ");
                    assertTrue(client.readUntil("\r\n\r\n").startsWith("HTTP/1.1 101 "), target);
                    client.send("late");
                    assertEquals("early late", new String(client.read(10), StandardCharsets.US_ASCII), target);
                    client.finish();
                    assertEquals("", client.readText(), target);
                }
            }
        }
    }
}

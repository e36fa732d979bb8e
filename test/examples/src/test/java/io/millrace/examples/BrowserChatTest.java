// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.millrace.web.WebServer;
import io.millrace.web.WebSocketClients;
import io.millrace.websocket.BlockingWebSocket;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two who chat. */
@Timeout(60)
final class BrowserChatTest {

    @Test
    void everyoneHearsWhatIsSaid() throws Exception {
        try (WebServer server = BrowserChat.start(0);
                WebSocketClients clients = WebSocketClients.open()) {
            URI chat = URI.create("ws://localhost:" + server.port() + "/chat");
            try (BlockingWebSocket ann = clients.connect(chat);
                    BlockingWebSocket bob = clients.connect(chat)) {
                ann.send("Ann");
                assertEquals("* Ann has come", ann.receive().text());
                bob.send("Bob");
                assertEquals("* Bob has come", bob.receive().text());
                assertEquals("* Bob has come", ann.receive().text());
                ann.send("hello");
                assertEquals("Ann: hello", ann.receive().text());
                assertEquals("Ann: hello", bob.receive().text());
                bob.close(1000, "");
                assertEquals("* Bob has gone", ann.receive().text());
                ann.send("x".repeat(401));
                assertEquals(1009, ann.awaitClose());
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.testkit.Browser;
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

    /** The page itself in a browser: its form sends, and its list shows what others say. */
    @Test
    void thePageSendsAndShows() throws Exception {
        assumeTrue(Browser.isThere(), "Chromium is not installed");
        try (WebServer server = BrowserChat.start(0);
                WebSocketClients clients = WebSocketClients.open();
                BlockingWebSocket ann = clients.connect(URI.create("ws://localhost:" + server.port() + "/chat"));
                Browser browser = Browser.open("http://localhost:" + server.port() + "/");
                BlockingWebSocket debugger = clients.connect(browser.debugger())) {
            ann.send("Ann");
            assertEquals("* Ann has come", ann.receive().text());
            browser.awaitTitle("Chat");
            evaluate(debugger, """
                    const say = () => {
                      if (socket.readyState !== 1) return setTimeout(say, 10);
                      for (const text of ['Bob', 'hello']) {
                        input.value = text;
                        document.querySelector('form').requestSubmit();
                      }
                    };
                    setInterval(() => document.title = document.getElementById('said').innerText.replaceAll('\\n', '; '), 10);
                    say();
                    """);
            assertEquals("* Bob has come", ann.receive().text());
            assertEquals("Bob: hello", ann.receive().text());
            ann.send("<b>hi</b>");
            browser.awaitTitle("* Bob has come; Bob: hello; Ann: <b>hi</b>");
        }
    }

    private static void evaluate(BlockingWebSocket debugger, String script) throws Exception {
        String text = script.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        debugger.send("{\"id\": 1, \"method\": \"Runtime.evaluate\", \"params\": {\"expression\": \"" + text + "\"}}");
        String answer = debugger.receive().text();
        assertFalse(answer.contains("exceptionDetails"), answer);
    }
}

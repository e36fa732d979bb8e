// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples;

import io.millrace.web.WebServer;
import io.millrace.websocket.CloseCode;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketGroup;
import io.millrace.websocket.WebSocketListener;
import java.io.IOException;

/** A chat in the browser: a page, and a WebSocket for each that is open. The first text of a client is its name. */
public final class BrowserChat {
    private static final String PAGE = """
            <!doctype html><meta charset="utf-8"><title>Chat</title>
            <ul id="said"></ul><form><input autofocus placeholder="your name"></form>
            <script>
            const socket = new WebSocket(location.href.replace(/^http/, 'ws') + 'chat'), input = document.querySelector('input');
            socket.onmessage = event => {
              const line = document.createElement('li');
              line.textContent = event.data;
              document.getElementById('said').append(line);
            };
            document.querySelector('form').onsubmit = event => {
              event.preventDefault();
              socket.send(input.value);
              input.value = input.placeholder = '';
            };
            </script>
            """;

    private final WebSocketGroup room = new WebSocketGroup();

    static WebServer start(int port) throws IOException {
        BrowserChat chat = new BrowserChat();
        return WebServer.on(port)
                .get(
                        "/",
                        (request, response) ->
                                response.type("text/html; charset=utf-8").send(PAGE))
                .webSocket("/chat", request -> chat.new Guest())
                .start();
    }

    /** One who chats. All calls come on the loop of the connection. */
    private final class Guest implements WebSocketListener {
        private String name;

        @Override
        public void text(WebSocket socket, String text) {
            if (text.length() > 400) {
                socket.close(CloseCode.TOO_BIG, "at most 400 characters");
            } else if (name == null) {
                name = text.strip();
                room.add(socket);
                room.send("* " + name + " has come");
            } else {
                room.send(name + ": " + text);
            }
        }

        @Override
        public void closed(WebSocket socket, int code, String reason) {
            if (name != null) {
                room.send("* " + name + " has gone");
            }
        }
    }

    /** Then open http://127.0.0.1:7023/ twice. */
    public static void main(String[] args) throws Exception {
        try (WebServer server = start(7023)) {
            System.out.println("http://127.0.0.1:" + server.port() + "/");
            server.await();
        }
    }
}

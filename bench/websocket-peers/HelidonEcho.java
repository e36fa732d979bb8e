// SPDX-License-Identifier: Apache-2.0
import io.helidon.webserver.WebServer;
import io.helidon.webserver.websocket.WsRouting;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;

/** Helidon as a contender of bench/websocket: a virtual thread for each connection. */
public final class HelidonEcho {
    public static void main(String[] arguments) {
        WebServer.builder()
                .host("127.0.0.1")
                .port(Integer.parseInt(arguments[0]))
                .addRouting(WsRouting.builder().endpoint("/echo", new WsListener() {
                    @Override
                    public void onMessage(WsSession session, String text, boolean last) {
                        session.send(text, last);
                    }
                }))
                .build()
                .start();
    }
}

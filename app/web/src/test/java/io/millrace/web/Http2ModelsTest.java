// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.millrace.models.IoModel;
import io.millrace.testkit.WebSocketCases;
import io.millrace.testkit.WebSocketCases.Case;
import io.millrace.testkit.WebSocketFrames;
import io.millrace.testkit.WebSocketScript;
import io.millrace.websocket.WebSocket;
import io.millrace.websocket.WebSocketListener;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/2 over real sockets, on every way of waiting: files, bodies, and WebSockets in streams. */
@Timeout(180)
class Http2ModelsTest {
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;

    @TempDir
    Path folder;

    private static final class Echo implements WebSocketListener {
        @Override
        public void text(WebSocket socket, byte[] utf8, int offset, int length) {
            socket.sendText(utf8, offset, length);
        }

        @Override
        public void binary(WebSocket socket, byte[] bytes, int offset, int length) {
            socket.sendBinary(bytes, offset, length);
        }
    }

    /** A client that has one stream at a time, windows as large as may be, and no compression. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final DataOutputStream out;
        private final DataInputStream in;
        private int stream = -1;
        private int window = 65_535;
        private int streamWindow;
        private boolean ended;
        private final ByteArrayOutputStream got = new ByteArrayOutputStream();

        Client(WebServer server) throws IOException {
            socket = new Socket(server.address().getAddress(), server.port());
            socket.setSoTimeout(60_000);
            socket.setTcpNoDelay(true);
            out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
            frame(SETTINGS, 0, 0, new byte[] {0, 4, 0x3f, 0, 0, 0});
            frame(WINDOW_UPDATE, 0, 0, new byte[] {0x3f, 0, 0, 0});
        }

        private void frame(int type, int flags, int number, byte[] payload) throws IOException {
            out.writeInt((payload.length << 8) | type);
            out.writeByte(flags);
            out.writeInt(number);
            out.write(payload);
            out.flush();
        }

        void ask(boolean last, String... namesAndValues) throws IOException {
            ByteArrayOutputStream block = new ByteArrayOutputStream();
            for (int i = 0; i < namesAndValues.length; i += 2) {
                block.write(0);
                for (String text : new String[] {namesAndValues[i], namesAndValues[i + 1]}) {
                    block.write(text.length());
                    block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
                }
            }
            stream += 2;
            streamWindow = 65_536;
            ended = false;
            got.reset();
            frame(HEADERS, last ? 5 : 4, stream, block.toByteArray());
        }

        void send(byte[] bytes, boolean last) throws IOException {
            int from = 0;
            do {
                int count = Math.min(Math.min(window, streamWindow), Math.min(16_384, bytes.length - from));
                if (count > 0 || bytes.length == 0) {
                    boolean end = last && from + count == bytes.length;
                    frame(DATA, end ? 1 : 0, stream, Arrays.copyOfRange(bytes, from, from + count));
                    from += count;
                    window -= count;
                    streamWindow -= count;
                } else if (ended) {
                    return;
                } else {
                    read();
                }
            } while (from < bytes.length);
        }

        private void read() throws IOException {
            int head = in.readInt();
            int flags = in.readByte();
            int number = in.readInt();
            byte[] payload = new byte[head >>> 8];
            in.readFully(payload);
            int type = head & 0xff;
            if (number != 0 && number != stream) {
                return; // the end of an earlier one
            }
            switch (type) {
                case DATA -> {
                    got.writeBytes(payload);
                    ended |= (flags & 1) != 0;
                }
                case HEADERS -> {
                    assertTrue(got.size() > 0 || payload[0] == (byte) 0x88, "the status is not 200");
                    ended |= (flags & 1) != 0;
                }
                case RST_STREAM -> ended = true;
                case SETTINGS -> {
                    if ((flags & 1) == 0) {
                        frame(SETTINGS, 1, 0, new byte[0]);
                    }
                }
                case WINDOW_UPDATE -> {
                    int more = new DataInputStream(new ByteArrayInputStream(payload)).readInt();
                    window += number == 0 ? more : 0;
                    streamWindow += number == stream ? more : 0;
                }
                case GOAWAY -> throw new AssertionError(new String(payload, StandardCharsets.ISO_8859_1));
                default -> {}
            }
        }

        byte[] readAll() throws IOException {
            while (!ended) {
                read();
            }
            return got.toByteArray();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private WebServer serve(IoModel model) throws IOException {
        assumeTrue(model.isAvailable(), () -> model.id() + " is not available here");
        assumeTrue(!model.inProcesses(), "handlers of this test are objects of its own process");
        return WebServer.on(0)
                .model(model)
                .loops(1)
                .post("/echo", (request, response) -> request.body().collect(1 << 22, response::send))
                .webSocket("/socket", request -> new Echo())
                .files("/", folder)
                .start();
    }

    @ParameterizedTest
    @EnumSource(IoModel.class)
    void filesAndBodies(IoModel model) throws Exception {
        byte[] file = new byte[700_000];
        for (int i = 0; i < file.length; i++) {
            file[i] = (byte) ((i * 31) >>> 4);
        }
        Files.write(folder.resolve("file.bin"), file);
        try (WebServer server = serve(model);
                Client client = new Client(server)) {
            for (int i = 0; i < 3; i++) {
                client.ask(true, ":method", "GET", ":scheme", "http", ":path", "/file.bin", ":authority", "localhost");
                assertArrayEquals(file, client.readAll());
                client.ask(false, ":method", "POST", ":scheme", "http", ":path", "/echo", ":authority", "localhost");
                client.send(file, true);
                assertArrayEquals(file, client.readAll());
            }
        }
    }

    /** RFC 8441: the suite of WebSocket, each case in a stream of one connection. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL_EDGE", "IO_URING", "VIRTUAL", "NIO"})
    void webSocketsInStreams(IoModel model) throws Exception {
        try (WebServer server = serve(model);
                Client client = new Client(server)) {
            for (Case test : WebSocketCases.all()) {
                WebSocketScript script = test.script();
                client.ask(
                        false,
                        ":method",
                        "CONNECT",
                        ":protocol",
                        "websocket",
                        ":scheme",
                        "http",
                        ":path",
                        "/socket",
                        ":authority",
                        "localhost",
                        "sec-websocket-version",
                        "13");
                client.send(script.input(), false);
                byte[] sent = client.readAll();
                client.send(new byte[0], true); // else the server would wait for it for a moment
                assertEquals(
                        script.expected().toString(),
                        WebSocketFrames.parse(sent).toString(),
                        test.id());
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.loop.EventLoop;
import io.millrace.loop.RunEnd;
import io.millrace.loop.RunMode;
import io.millrace.poll.PollerKind;
import io.millrace.poll.Pollers;
import io.millrace.socket.Kernel;
import io.millrace.sys.Descriptors;
import io.millrace.sys.Sockets;
import io.millrace.testkit.RawClient;
import io.millrace.transport.Engine;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs each program of the lessons and talks to it. */
@Timeout(120)
class LessonsTest {
    private int port;
    private FutureTask<Void> running;
    private Runnable stop;

    private interface Program {
        void run() throws Exception;
    }

    /** Starts a server that is ended by shutting down its listening socket. */
    private void start(int flags, IntFunction<Program> program) throws Exception {
        int listener = ListeningSocket.open(0, flags);
        start(listener, program.apply(listener), () -> ListeningSocket.stop(listener));
    }

    private void start(int listener, Program program, Runnable end) {
        port = ListeningSocket.port(listener);
        run(program, end);
    }

    private void run(Program program, Runnable end) {
        stop = end;
        running = new FutureTask<>(() -> {
            program.run();
            return null;
        });
        Thread.ofPlatform().name("lesson").start(running);
    }

    /** Every program ends when it is told to, its clients with it, and throws nothing. */
    @AfterEach
    void stop() throws Exception {
        if (running != null) {
            stop.run();
            running.get();
        }
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(new InetSocketAddress("127.0.0.1", port));
    }

    private static byte[] noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    /**
     * Several clients at once, out of turn; then more than the sockets' buffers hold, read only when all is under way.
     */
    private void echoes(int much) throws Exception {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            clients.add(connect());
        }
        for (RawClient client : clients.reversed()) {
            client.send("line\n");
            assertEquals("line\n", client.readUntil("\n"));
        }
        // One in the middle goes: the last one takes its place in an array.
        clients.remove(1).close();
        for (RawClient client : clients) {
            byte[] bytes = noise(much);
            Thread sender = Thread.startVirtualThread(() -> send(client, bytes));
            assertArrayEquals(bytes, client.readAll());
            sender.join();
            client.close();
        }
    }

    private static void send(RawClient client, byte[] bytes) {
        try {
            client.send(bytes).finish();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aProcessForEachClient() throws Exception {
        start(0, listener -> () -> ProcessPerClient.serve(listener));
        try (RawClient one = connect();
                RawClient two = connect()) {
            assertEquals("two\n", two.send("two\n").readUntil("\n"), "no client waits for another");
            one.send("one\n").finish();
            assertEquals("one\n", one.readText(), "a child that has nothing more to read ends its connection");
            // Two is still connected: its process is ended with the server.
        }
    }

    @Test
    void select() throws Exception {
        start(Sockets.SOCK_NONBLOCK, listener -> () -> SelectServer.serve(listener));
        echoes(3_000_000);
    }

    @Test
    void poll() throws Exception {
        start(Sockets.SOCK_NONBLOCK, listener -> () -> PollServer.serve(listener));
        echoes(3_000_000);
    }

    @Test
    void pollBeyondItsFirstArrayAndTheLimitOfSelect() throws Exception {
        start(Sockets.SOCK_NONBLOCK, listener -> () -> PollServer.serve(listener));
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            clients.add(connect());
        }
        for (RawClient client : clients) {
            assertEquals("here\n", client.send("here\n").readUntil("\n"));
            client.close();
        }
    }

    static Stream<PollerKind> available() {
        return Pollers.available().stream();
    }

    @ParameterizedTest
    @MethodSource("available")
    void everyPoller(PollerKind kind) throws Exception {
        int listener = ListeningSocket.open(0, Sockets.SOCK_NONBLOCK);
        PollerServer server = new PollerServer(listener, kind);
        start(listener, server::serve, server::stop);
        echoes(1_000_000);
    }

    @Test
    void eventLibrary() throws Exception {
        EventLoop base = new EventLoop(Kernel.host(), "base", Engine.READINESS);
        int control = Descriptors.eventfd(0, Descriptors.EFD_CLOEXEC | Descriptors.EFD_NONBLOCK);
        port = EventLibraryServer.start(base, 0, control).address().getPort();
        Program program = () -> {
            assertEquals(RunEnd.EXITED, base.run(RunMode.UNTIL_STOPPED));
            base.close();
            Descriptors.close(control);
        };
        run(program, () -> Descriptors.signal(control));
        echoes(3_000_000);
    }

    // ---- the web server ----

    private static final String CLOSE = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private void startWeb(String words) throws Exception {
        Set<String> set = Set.copyOf(Arrays.asList(words.split(" ")));
        start(Sockets.SOCK_NONBLOCK, listener -> () -> EpollWebServer.serve(listener, 3, set));
    }

    @ParameterizedTest
    @ValueSource(strings = {"level", "edge", "oneshot", "edge oneshot", "exclusive", "edge exclusive"})
    void web(String words) throws Exception {
        startWeb(words);
        requestsLargerThanOneRead();
        answersLargerThanTheSocketTakes();
        severalRequestsAtOnce();
        whatCannotBeServedIsRefused();
    }

    private void requestsLargerThanOneRead() throws IOException {
        String head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 30000\r\n\r\n";
        try (RawClient client = connect()) {
            client.send(head).send("b".repeat(29_999));
            client.send("b").send("GET /5" + CLOSE);
            String text = client.readText();
            String body = head.length() + 30_000 + " bytes\n";
            assertTrue(
                    text.startsWith("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body), text);
            assertTrue(text.endsWith("\r\n\r\nxxxxx"), text);
        }
    }

    private void answersLargerThanTheSocketTakes() throws IOException {
        int size = 9_000_000;
        try (RawClient client = connect();
                RawClient other = connect()) {
            client.send("GET /" + size + CLOSE);
            String quick = other.send("GET /3" + CLOSE).readText();
            assertTrue(quick.endsWith("\r\n\r\nxxx"), "a client that does not read keeps nobody waiting: " + quick);
            byte[] answer = client.readAll();
            String head = "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n";
            assertEquals(head, new String(answer, 0, head.length(), StandardCharsets.ISO_8859_1));
            assertEquals(head.length() + size, answer.length);
        }
    }

    private void severalRequestsAtOnce() throws IOException {
        String one = "GET /100000 HTTP/1.1\r\nHost: x\r\n\r\n";
        try (RawClient client = connect()) {
            client.send(one.repeat(40) + "GET /1" + CLOSE);
            byte[] answers = client.readAll();
            int head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".length();
            assertEquals(40 * (head + 100_000) + head - 5 + 1, answers.length);
        }
    }

    private void whatCannotBeServedIsRefused() throws IOException {
        try (RawClient client = connect()) {
            assertTrue(client.send("GET nonsense HTTP/1.1\r\n\r\n").readText().startsWith("HTTP/1.1 400 "));
        }
        try (RawClient client = connect()) {
            assertTrue(client.send("a".repeat(64 * 1024)).readText().startsWith("HTTP/1.1 413 "));
        }
    }
}

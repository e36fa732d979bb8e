// SPDX-License-Identifier: Apache-2.0
package io.millrace.junit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that misbehaves by script, for tests of HTTP clients: it answers every request with the same text and one
 * fault.
 *
 * <pre>{@code
 * try (FaultyServer server = FaultyServer.answering("hello").cutAfter(3).start()) {
 *     assertThrows(IOException.class, () -> client.get(server.base()));
 * }
 * }</pre>
 *
 * <p>Is configured by one thread until {@link #start}. Sockets and threads, not loops: what it does must not depend on
 * what is right.
 */
public final class FaultyServer implements AutoCloseable {

    /** What happens on a connection once a request has come. */
    private interface Step {
        void run(Socket socket, OutputStream out) throws IOException, InterruptedException;
    }

    private final byte[] body;
    private final List<Step> before = new ArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();
    private Step answer;
    private boolean reads = true;
    private boolean closesIdle;
    private ServerSocket listening;

    private FaultyServer(String text) {
        body = text.getBytes(StandardCharsets.UTF_8);
        answer = (socket, out) -> out.write(whole());
    }

    /** Returns a server that answers requests with a text, and has no fault yet. */
    public static FaultyServer answering(String text) {
        return new FaultyServer(text);
    }

    private byte[] head(String fields) {
        return ("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + fields + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] whole() {
        byte[] head = head("Content-Length: " + body.length + "\r\n");
        byte[] whole = new byte[head.length + body.length];
        System.arraycopy(head, 0, whole, 0, head.length);
        System.arraycopy(body, 0, whole, head.length, body.length);
        return whole;
    }

    // ---- faults

    /** Waits before each answer. */
    public FaultyServer delay(long millis) {
        before.add((socket, out) -> Thread.sleep(millis));
        return this;
    }

    /** Sends the answer in pieces of some bytes with a pause after each. */
    public FaultyServer trickle(int bytes, long millis) {
        answer = (socket, out) -> {
            byte[] whole = whole();
            for (int i = 0; i < whole.length; i += bytes) {
                out.write(whole, i, Math.min(bytes, whole.length - i));
                out.flush();
                Thread.sleep(millis);
            }
        };
        return this;
    }

    /** Ends the connection in good order after some bytes of the body. */
    public FaultyServer cutAfter(int bytes) {
        answer = (socket, out) -> {
            out.write(head("Content-Length: " + body.length + "\r\n"));
            out.write(body, 0, Math.min(bytes, body.length));
            socket.close();
        };
        return this;
    }

    /** Resets the connection in place of an answer. */
    public FaultyServer reset() {
        answer = (socket, out) -> {
            socket.setSoLinger(true, 0);
            socket.close();
        };
        return this;
    }

    /** Takes connections and never reads from one. */
    public FaultyServer neverRead() {
        reads = false;
        return this;
    }

    /** Ends the connection after each answer without having said so. */
    public FaultyServer closeIdle() {
        closesIdle = true;
        return this;
    }

    /** Sends a chunk whose size is no number. */
    public FaultyServer badChunk() {
        answer = (socket, out) -> {
            out.write(head("Transfer-Encoding: chunked\r\n"));
            out.write("zz\r\n".getBytes(StandardCharsets.US_ASCII));
        };
        return this;
    }

    /** Sends something that is not HTTP. */
    public FaultyServer garbage() {
        answer = (socket, out) -> {
            out.write("\0\1\2 nonsense\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            socket.close();
        };
        return this;
    }

    // ---- life

    /** Starts at a free port of the loopback address. */
    public FaultyServer start() {
        try {
            listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
        return this;
    }

    /** Returns where the server listens, with a slash at the end. */
    public URI base() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/");
    }

    /** Returns how many connections it has taken. */
    public int connections() {
        return connections.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                open.add(socket);
                connections.incrementAndGet();
                if (reads) {
                    Thread.ofVirtual().start(() -> serve(socket));
                }
            }
        } catch (IOException e) {
            // Closed: no more connections.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            while (readHead(in)) {
                for (Step each : before) {
                    each.run(socket, out);
                }
                answer.run(socket, out);
                if (closesIdle || socket.isClosed()) {
                    return;
                }
            }
        } catch (IOException e) {
            // The client has gone, or this server has.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private static boolean readHead(InputStream in) throws IOException {
        int last = 0;
        for (int b = in.read(); b >= 0; b = in.read()) {
            last = (last << 8) | b;
            if (last == 0x0d0a0d0a) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        try {
            listening.close();
            for (Socket each : open) {
                each.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds keep-alive connections open. Does what it is told on standard input, a line each, and says {@code ok} on
 * standard output when it is done:
 *
 * <pre>
 *   open N     opens N connections more, one request and its answer on each
 *   again      another request and its answer on each: all of them still stand
 *   close      closes all
 * </pre>
 */
public final class IdleClient {
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String END = "Hello, World!";

    private final InetSocketAddress server;
    private final List<SocketChannel> connections = new ArrayList<>();
    private final ByteBuffer answer = ByteBuffer.allocateDirect(4096);

    private IdleClient(InetSocketAddress server) {
        this.server = server;
    }

    /**
     * Runs until standard input ends.
     *
     * @param arguments the server's port on the loopback address
     */
    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[0]);
        new IdleClient(new InetSocketAddress(InetAddress.getLoopbackAddress(), port)).run();
    }

    private void run() throws IOException {
        try (BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            for (String order = orders.readLine(); order != null; order = orders.readLine()) {
                follow(order.split(" "));
                System.out.println("ok");
            }
        }
    }

    private void follow(String[] order) throws IOException {
        switch (order[0]) {
            case "open" -> open(Integer.parseInt(order[1]));
            case "again" -> again();
            case "close" -> close();
            default -> throw new IOException("unknown order: " + order[0]);
        }
    }

    private void open(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel connection = SocketChannel.open(server);
            connections.add(connection);
            ask(connection);
        }
    }

    private void again() throws IOException {
        for (SocketChannel connection : connections) {
            ask(connection);
        }
    }

    private void ask(SocketChannel connection) throws IOException {
        connection.write(ByteBuffer.wrap(REQUEST));
        answer.clear();
        while (!isWhole()) {
            if (connection.read(answer) < 0) {
                throw new EOFException("the server closed a connection");
            }
        }
    }

    private boolean isWhole() {
        int from = answer.position() - END.length();
        for (int i = 0; i < END.length(); i++) {
            if (from < 0 || answer.get(from + i) != END.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void close() throws IOException {
        for (SocketChannel connection : connections) {
            connection.close();
        }
        connections.clear();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** Someone between a coordinator and an agent who sees every byte and may change one. Takes one connection. */
final class Relay implements AutoCloseable {
    private final ServerSocket server;
    private final InetSocketAddress agent;
    private final ByteArrayOutputStream toAgent = new ByteArrayOutputStream();
    private final ByteArrayOutputStream toCoordinator = new ByteArrayOutputStream();
    private final int wrongToAgent;
    private final int wrongToCoordinator;

    /** A relay that turns a bit of the bytes with these numbers; -1 for none. */
    Relay(InetSocketAddress agent, int wrongToAgent, int wrongToCoordinator) throws IOException {
        this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        this.agent = agent;
        this.wrongToAgent = wrongToAgent;
        this.wrongToCoordinator = wrongToCoordinator;
        Thread.startVirtualThread(this::run);
    }

    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    byte[] toAgent() {
        synchronized (toAgent) {
            return toAgent.toByteArray();
        }
    }

    byte[] toCoordinator() {
        synchronized (toCoordinator) {
            return toCoordinator.toByteArray();
        }
    }

    private void run() {
        try (Socket left = server.accept();
                Socket right = new Socket(agent.getAddress(), agent.getPort())) {
            Thread back = Thread.startVirtualThread(() -> pass(right, left, toCoordinator, wrongToCoordinator));
            pass(left, right, toAgent, wrongToAgent);
            back.join();
        } catch (IOException | InterruptedException e) {
            // One of the ends has gone.
        }
    }

    private static void pass(Socket from, Socket to, ByteArrayOutputStream seen, int wrong) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int b = in.read(), n = 0; b >= 0; b = in.read(), n++) {
                synchronized (seen) {
                    seen.write(b);
                }
                out.write(n == wrong ? b ^ 1 : b);
            }
            to.shutdownOutput();
        } catch (IOException e) {
            // One of the ends has gone.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}

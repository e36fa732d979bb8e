// SPDX-License-Identifier: Apache-2.0
package io.millrace.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A client over a real TCP socket that sends and reads exactly what a test says, with a generous limit on each wait so
 * that a hang becomes a failure (java.net.SocketTimeoutException).
 */
public final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
    }

    /** Connects. */
    public static RawClient connect(SocketAddress address) throws IOException {
        return connect(address, 0);
    }

    /** Connects with a small receive buffer, so that a peer that sends much has to wait; 0 for the system's choice. */
    public static RawClient connect(SocketAddress address, int receiveBuffer) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(address, PATIENCE_MILLIS);
        return new RawClient(socket);
    }

    /** Connects to a port of 127.0.0.1. */
    public static RawClient connect(int port) throws IOException {
        return connect(new InetSocketAddress("127.0.0.1", port));
    }

    /** Sends a text, a byte for each character. */
    public RawClient send(String text) throws IOException {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends bytes; waits while the peer takes none. */
    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        return this;
    }

    /** Closes our direction; the peer reads the end of the stream. */
    public RawClient finish() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Breaks the connection off: the peer gets RST. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    /** Reads exactly that many bytes; fails if the peer ends before. */
    public byte[] read(int count) throws IOException {
        byte[] bytes = in.readNBytes(count);
        if (bytes.length < count) {
            throw new IOException("the peer ended after " + bytes.length + " of " + count + " bytes");
        }
        return bytes;
    }

    /** Reads what is there, at least one byte; {@code null} at the end of the stream. */
    public byte[] readSome() throws IOException {
        byte[] bytes = new byte[64 * 1024];
        int n = in.read(bytes);
        return n < 0 ? null : Arrays.copyOf(bytes, n);
    }

    /** Reads as text up to and including {@code end}; fails if the peer ends before. */
    public String readUntil(String end) throws IOException {
        byte[] last = end.getBytes(StandardCharsets.ISO_8859_1);
        byte[] text = new byte[1024];
        int length = 0;
        while (length < last.length || !Arrays.equals(text, length - last.length, length, last, 0, last.length)) {
            int next = in.read();
            if (next < 0) {
                String sent = new String(text, 0, length, StandardCharsets.ISO_8859_1);
                throw new IOException("the peer ended after: " + sent);
            }
            if (length == text.length) {
                text = Arrays.copyOf(text, 2 * length);
            }
            text[length++] = (byte) next;
        }
        return new String(text, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** Reads everything up to the end of the stream. */
    public byte[] readAll() throws IOException {
        return in.readAllBytes();
    }

    /** As {@link #readAll}, as text. */
    public String readText() throws IOException {
        return new String(readAll(), StandardCharsets.ISO_8859_1);
    }

    /** Our own port, by which a server's log knows us. */
    public int localPort() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}

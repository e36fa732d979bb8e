// SPDX-License-Identifier: Apache-2.0
package io.millrace.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** Opens connections over TLS, has an answer on each, says {@code ok} and keeps them until standard input ends. */
public final class TlsIdleClient {
    private static final byte[] REQUEST =
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private TlsIdleClient() {}

    private static final class Trusting implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String kind) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    /**
     * Opens them one after the other.
     *
     * @param arguments the port on the loopback address, and how many connections
     */
    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Trusting()}, null);
        List<SSLSocket> sockets = new ArrayList<>();
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            SSLSocket socket =
                    (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", Integer.parseInt(arguments[0]));
            socket.getOutputStream().write(REQUEST);
            awaitEnd(socket.getInputStream());
            sockets.add(socket);
        }
        System.out.println("ok");
        while (System.in.read() >= 0) {
            // They are kept.
        }
        for (SSLSocket socket : sockets) {
            socket.close();
        }
    }

    /** Every contender's answer ends so. */
    private static void awaitEnd(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        while (!text.toString().endsWith("Hello, World!")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no answer");
            }
            text.append((char) next);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.testkit.FakeClock;
import io.millrace.testkit.MemoryLink;
import io.millrace.tls.TlsContext;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A client by hand, which can be made to do what a decent one does not. */
final class JsseClient {
    private static final int ROOM = 40_000;

    final SSLEngine engine;
    final MemoryLink server;
    final TlsEnds.End end = new TlsEnds.End();
    final StringBuilder received = new StringBuilder();
    private final ByteBuffer fromServer = ByteBuffer.allocate(4 * ROOM).flip();

    JsseClient(TlsContext context, String protocol) {
        server = new MemoryLink(context.accept(end::over), new FakeClock());
        try {
            SSLContext client = SSLContext.getInstance("TLS");
            client.init(null, new TrustManager[] {new Trusting()}, null);
            engine = client.createSSLEngine("localhost", 443);
            engine.setUseClientMode(true);
            engine.setEnabledProtocols(new String[] {protocol});
            engine.beginHandshake();
        } catch (GeneralSecurityException | SSLException e) {
            throw new IllegalStateException(e);
        }
    }

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

    /** Lets client and server speak until neither has more to say. */
    JsseClient pump() throws SSLException {
        for (int quiet = 0; quiet < 2; quiet++) {
            boolean moved = wrap(ByteBuffer.allocate(0));
            take();
            moved |= unwrap();
            quiet = moved ? -1 : quiet;
        }
        return this;
    }

    void send(String text) throws SSLException {
        wrap(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
        pump();
    }

    private boolean wrap(ByteBuffer plain) throws SSLException {
        boolean moved = false;
        while (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP || plain.hasRemaining()) {
            ByteBuffer record = ByteBuffer.allocate(ROOM);
            SSLEngineResult result = engine.wrap(plain, record);
            if (result.bytesProduced() == 0) {
                runTasks();
                return moved;
            }
            moved = true;
            byte[] bytes = new byte[record.flip().remaining()];
            record.get(bytes);
            server.feed(bytes);
        }
        return moved | runTasks();
    }

    private boolean runTasks() {
        boolean any = false;
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
            any = true;
        }
        return any;
    }

    private void take() {
        byte[] bytes = server.run().take().getBytes(StandardCharsets.ISO_8859_1);
        fromServer.compact();
        fromServer.put(bytes).flip();
    }

    private boolean unwrap() throws SSLException {
        ByteBuffer plain = ByteBuffer.allocate(ROOM);
        boolean moved = false;
        while (fromServer.hasRemaining() && !engine.isInboundDone()) {
            SSLEngineResult result = engine.unwrap(fromServer, plain);
            runTasks();
            if (result.bytesConsumed() == 0) {
                break;
            }
            moved = true;
            if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                break;
            }
        }
        received.append(StandardCharsets.US_ASCII.decode(plain.flip()));
        return moved;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Protocol;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsProvider;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.TrustManagerFactory;

/** TLS over another fixture's links. The peer is an engine of the JDK, which takes one record at a time. */
final class TlsFixture extends FixtureAbove {
    private static final int HEADER = 5;

    private final Supplier<TlsProvider> providers;
    private final String name;
    private final String whyNot;
    private TlsContext server;

    /** {@code whyNot} says why the provider cannot be had, {@code null} if it can. */
    TlsFixture(LinkFixture carrier, String name, String whyNot, Supplier<TlsProvider> providers) {
        super(carrier);
        this.name = name;
        this.whyNot = whyNot;
        this.providers = providers;
    }

    @Override
    public String whyNot() {
        return whyNot == null ? carrier.whyNot() : whyNot;
    }

    @Override
    public void start() throws Exception {
        carrier.start();
        server = TlsContext.server(TlsOptions.DEFAULT.with(TlsKeys.of("local")), providers.get());
    }

    @Override
    public Peer open(Protocol protocol) throws Exception {
        SSLEngine client = trusting().createSSLEngine("localhost", 1);
        client.setUseClientMode(true);
        TlsPeer peer = new TlsPeer(carrier.open(server.accept(session -> protocol)), client);
        peer.shakeHands();
        return peer;
    }

    private static SSLContext trusting() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", TlsKeys.authority().getFirst());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Override
    public boolean isSecure() {
        return true;
    }

    @Override
    public String toString() {
        return "TLS by " + name + " over a " + carrier;
    }

    /** A client of TLS over a peer. */
    private static final class TlsPeer implements Peer {
        private final Peer below;
        private final SSLEngine engine;
        private final ByteBuffer sealed;
        private final ByteBuffer plain;
        private final ByteArrayOutputStream ready = new ByteArrayOutputStream();
        private boolean ended;

        TlsPeer(Peer below, SSLEngine engine) {
            this.below = below;
            this.engine = engine;
            this.sealed = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
            this.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
        }

        void shakeHands() throws IOException {
            engine.beginHandshake();
            for (HandshakeStatus status = engine.getHandshakeStatus();
                    status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED;
                    status = engine.getHandshakeStatus()) {
                switch (status) {
                    case NEED_TASK -> engine.getDelegatedTask().run();
                    case NEED_WRAP -> wrap(ByteBuffer.allocate(0));
                    default -> unwrap();
                }
            }
        }

        private void wrap(ByteBuffer from) throws IOException {
            ByteArrayOutputStream records = new ByteArrayOutputStream();
            do {
                sealed.clear();
                engine.wrap(from, sealed);
                records.write(sealed.array(), 0, sealed.position());
            } while (from.hasRemaining());
            below.send(records.toByteArray());
        }

        /** Takes one record; throws where there is none any more. */
        private void unwrap() throws IOException {
            byte[] header = below.read(HEADER);
            byte[] record = Arrays.copyOf(header, HEADER + ((header[3] & 0xff) << 8 | (header[4] & 0xff)));
            byte[] rest = below.read(record.length - HEADER);
            System.arraycopy(rest, 0, record, HEADER, rest.length);
            plain.clear();
            SSLEngineResult result = engine.unwrap(ByteBuffer.wrap(record), plain);
            ready.write(plain.array(), 0, plain.position());
            ended |= result.getStatus() == Status.CLOSED;
        }

        @Override
        public void send(byte[] bytes) throws IOException {
            wrap(ByteBuffer.wrap(bytes));
        }

        @Override
        public void shutdownOutput() throws IOException {
            engine.closeOutbound();
            wrap(ByteBuffer.allocate(0));
            below.shutdownOutput();
        }

        @Override
        public void reset() throws IOException {
            below.reset();
        }

        @Override
        public byte[] read(int count) throws IOException {
            while (ready.size() < count) {
                if (ended) {
                    throw new EOFException("the link ended after " + ready.size() + " of " + count + " bytes");
                }
                unwrap();
            }
            byte[] all = ready.toByteArray();
            ready.reset();
            ready.write(all, count, all.length - count);
            return Arrays.copyOf(all, count);
        }

        @Override
        public byte[] readAll() throws IOException {
            try {
                while (!ended) {
                    unwrap();
                }
            } catch (SocketException e) {
                throw e;
            } catch (IOException e) {
                // The connection was cut, which tests of that expect.
            }
            byte[] all = ready.toByteArray();
            ready.reset();
            return all;
        }

        @Override
        public boolean readsReset() throws IOException {
            return below.readsReset();
        }

        @Override
        public void close() throws IOException {
            below.close();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.core.Buffer;
import io.millrace.core.RecordKeys;
import io.millrace.core.Tls;
import io.millrace.testkit.AesGcmRecords;
import io.millrace.tls.Credentials;
import io.millrace.tls.RecordCipher;
import io.millrace.tls.RecordCredit;
import io.millrace.tls.RecordLayer;
import io.millrace.tls.TlsEngine;
import io.millrace.tls.TlsEngines;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsProvider;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;

/** TLS 1.3 without a handshake: both ends know the secrets. For tests of what comes after it. */
final class FixedKeys implements TlsProvider, TlsEngines {
    private static final String SUITE = "TLS_AES_128_GCM_SHA256";

    private record Aes(AesGcmRecords records) implements RecordCipher {
        @Override
        public void seal(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
            records.seal(nonceHead, nonceTail, from, offset, length, into, at);
        }

        @Override
        public boolean open(int nonceHead, long nonceTail, byte[] from, int offset, int length, byte[] into, int at) {
            return records.open(nonceHead, nonceTail, from, offset, length, into, at);
        }

        @Override
        public void free() {}
    }

    private static byte[] secret(int which) {
        byte[] secret = new byte[32];
        Arrays.fill(secret, (byte) which);
        return secret;
    }

    private static RecordLayer layer(int in, int out) {
        RecordCipher.Factory ciphers = (kind, key, encrypts) -> new Aes(new AesGcmRecords(key));
        return RecordLayer.ofServer(ciphers, SUITE, secret(in), 0, secret(out), 0, new RecordCredit());
    }

    /** Returns the records of a client. */
    static RecordLayer ofClient() {
        return layer(2, 1);
    }

    @Override
    public TlsEngine accept() {
        return new Engine(layer(1, 2));
    }

    @Override
    public String name() {
        return "fixed keys";
    }

    @Override
    public TlsEngines server(TlsOptions options) {
        return this;
    }

    @Override
    public TlsEngines client(TlsOptions options) {
        return this;
    }

    @Override
    public TlsEngine connect(String host, int port) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void replace(List<Credentials> credentials) {
        throw new UnsupportedOperationException();
    }

    private record Engine(RecordLayer records) implements TlsEngine {
        @Override
        public Step read(Buffer from, Buffer toPeer, Buffer plain) {
            return records.read(from, toPeer, plain);
        }

        @Override
        public void write(Buffer plain, int most, Buffer toPeer) {
            records.write(plain, most, toPeer);
        }

        @Override
        public void close(Buffer toPeer) {
            records.close(toPeer);
        }

        @Override
        public boolean canReleaseOutput() {
            return records.canRelease();
        }

        @Override
        public RecordKeys outputKeys() {
            return records.outputKeys();
        }

        @Override
        public void releaseOutput() {
            records.releaseOutput();
        }

        @Override
        public boolean owesKeyUpdate() {
            return records.owesKeyUpdate();
        }

        @Override
        public String failure() {
            return records.failure();
        }

        @Override
        public Runnable task() {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isEstablished() {
            return true;
        }

        @Override
        public Tls session() {
            return new Session();
        }
    }

    private record Session() implements Tls {
        @Override
        public String protocol() {
            return "TLSv1.3";
        }

        @Override
        public String cipherSuite() {
            return SUITE;
        }

        @Override
        public String applicationProtocol() {
            return null;
        }

        @Override
        public String serverName() {
            return null;
        }

        @Override
        public List<X509Certificate> peerCertificates() {
            return List.of();
        }

        @Override
        public boolean resumed() {
            return false;
        }

        @Override
        public byte[] sessionId() {
            return new byte[0];
        }

        @Override
        public byte[] exportKeyingMaterial(String label, byte[] context, int length) {
            throw new IllegalStateException();
        }
    }
}

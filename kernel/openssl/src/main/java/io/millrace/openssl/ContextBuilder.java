// SPDX-License-Identifier: Apache-2.0
package io.millrace.openssl;

import io.millrace.sys.LibCrypto;
import io.millrace.sys.LibSslContext;
import io.millrace.tls.Credentials;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsOptions.ClientCertificate;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Makes contexts of OpenSSL from options and credentials. What it makes shares the keys of session tickets. */
final class ContextBuilder {

    /** Suites of TLS 1.2 with forward secrecy and authenticated encryption; those of TLS 1.3 all have both. */
    private static final String CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20";

    private static final long MODES = LibSslContext.MODE_RELEASE_BUFFERS
            | LibSslContext.MODE_ACCEPT_MOVING_WRITE_BUFFER
            | LibSslContext.MODE_NO_AUTO_CHAIN;

    private final TlsOptions options;
    private final boolean isServer;
    private final byte[] ticketKeys;
    private final byte[] sessionIdContext;
    private final List<X509Certificate> trusted;
    private final LibSslContext.Protocols protocols;

    ContextBuilder(TlsOptions options, boolean isServer) {
        this.options = options;
        this.isServer = isServer;
        this.ticketKeys = ticketKeys(options.ticketSecret());
        this.sessionIdContext = sessionIdContext(options);
        this.trusted = isServer || !options.trusted().isEmpty() ? options.trusted() : usualAuthorities();
        this.protocols = new LibSslContext.Protocols(wire(options.applicationProtocols()));
    }

    private static byte[] ticketKeys(byte[] secret) {
        byte[] keys = new byte[LibSslContext.TICKET_KEY_BYTES];
        if (secret.length == 0) {
            new SecureRandom().nextBytes(keys);
            return keys;
        }
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(secret)
                            .thenExpand("millrace session tickets".getBytes(StandardCharsets.US_ASCII), keys.length));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF", e);
        }
    }

    /** Sessions are resumed only where clients are asked for the same: a session tells who its client is. */
    private static byte[] sessionIdContext(TlsOptions options) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(options.clientCertificate().name().getBytes(StandardCharsets.US_ASCII));
            for (X509Certificate authority : options.trusted()) {
                digest.update(der(authority));
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<X509Certificate> usualAuthorities() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager usual) {
                    return Arrays.asList(usual.getAcceptedIssuers());
                }
            }
        } catch (NoSuchAlgorithmException | KeyStoreException e) {
            throw new IllegalStateException("this JDK trusts no authorities", e);
        }
        return List.of();
    }

    private static byte[] wire(List<String> names) {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        for (String name : names) {
            wire.write(name.length());
            wire.writeBytes(name.getBytes(StandardCharsets.ISO_8859_1));
        }
        return wire.toByteArray();
    }

    private static byte[] der(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalArgumentException("a certificate has no encoded form", e);
        }
    }

    /**
     * Returns a context that the caller frees.
     *
     * @throws IllegalArgumentException if credentials cannot be used
     */
    long build(List<Credentials> credentials) {
        long context = LibSslContext.create(isServer);
        if (context == 0) {
            return 0;
        }
        try {
            set(context);
            Set<String> kinds = new HashSet<>();
            for (Credentials each : credentials) {
                // One of a kind, the first: a context has one certificate for each kind of key.
                if (kinds.add(each.chain().getFirst().getPublicKey().getAlgorithm())) {
                    use(context, each);
                }
            }
            return context;
        } catch (IllegalArgumentException e) {
            LibSslContext.free(context);
            throw e;
        }
    }

    static void free(long context) {
        LibSslContext.free(context);
        NativeObjects.freed();
    }

    private void set(long context) {
        LibSslContext.minVersion(context, options.onlyLatest() ? LibSslContext.TLS1_3 : LibSslContext.TLS1_2);
        LibSslContext.addModes(context, MODES);
        LibSslContext.addOptions(
                context,
                LibSslContext.OP_NO_RENEGOTIATION
                        | LibSslContext.OP_NO_COMPRESSION
                        | LibSslContext.OP_CIPHER_SERVER_PREFERENCE);
        LibSslContext.ciphers(context, CIPHERS);
        LibSslContext.noSessionCache(context);
        if (isServer) {
            LibSslContext.ticketKeys(context, ticketKeys);
            LibSslContext.tickets(context, 1);
            LibSslContext.sessionIdContext(context, sessionIdContext);
            LibSslContext.keepSecrets(context);
        }
        setProtocols(context);
        setTrust(context);
    }

    private void setProtocols(long context) {
        if (options.applicationProtocols().isEmpty()) {
            return;
        }
        if (isServer) {
            LibSslContext.choose(context, protocols);
        } else {
            LibSslContext.offer(context, protocols);
        }
    }

    private void setTrust(long context) {
        boolean asks = options.clientCertificate() != ClientCertificate.NONE;
        if (isServer && !asks) {
            return;
        }
        for (X509Certificate authority : trusted) {
            long certificate = certificate(authority);
            LibSslContext.trust(context, certificate);
            if (isServer) {
                LibSslContext.nameToClients(context, certificate);
            }
            LibCrypto.freeCertificate(certificate);
        }
        boolean isRequired = options.clientCertificate() == ClientCertificate.REQUIRED;
        LibSslContext.verify(
                context, LibSslContext.VERIFY_PEER | (isRequired ? LibSslContext.VERIFY_FAIL_IF_NO_PEER_CERT : 0));
    }

    private static long certificate(X509Certificate certificate) {
        long address = LibCrypto.certificate(der(certificate));
        if (address == 0) {
            throw refused("a certificate");
        }
        return address;
    }

    private static void use(long context, Credentials credentials) {
        List<X509Certificate> chain = credentials.chain();
        for (int i = 0; i < chain.size(); i++) {
            long certificate = certificate(chain.get(i));
            int result = i == 0
                    ? LibSslContext.useCertificate(context, certificate)
                    : LibSslContext.addToChain(context, certificate);
            LibCrypto.freeCertificate(certificate);
            check(result, "the certificate of " + chain.get(i).getSubjectX500Principal());
        }
        byte[] pkcs8 = credentials.key().getEncoded();
        if (pkcs8 == null) {
            throw new IllegalArgumentException("the private key cannot be taken out of its store");
        }
        long key = LibCrypto.privateKey(pkcs8);
        Arrays.fill(pkcs8, (byte) 0);
        int result = key == 0 ? 0 : LibSslContext.useKey(context, key);
        LibCrypto.freeKey(key);
        check(result, "the private key of " + chain.getFirst().getSubjectX500Principal());
    }

    private static void check(int result, String what) {
        if (result != 1) {
            throw refused(what);
        }
    }

    private static IllegalArgumentException refused(String what) {
        return new IllegalArgumentException("OpenSSL refuses " + what + ": " + Failures.take());
    }
}

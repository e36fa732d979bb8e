// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A private key with its certificate and those that lead to a root. The key has been checked to belong to the first
 * certificate, and each certificate to be signed by the next.
 */
public final class Credentials {
    private final PrivateKey key;
    private final List<X509Certificate> chain;
    private final List<String> names;

    private Credentials(PrivateKey key, List<X509Certificate> chain) throws IOException {
        this.key = key;
        this.chain = List.copyOf(chain);
        this.names = namesOf(chain.getFirst());
    }

    /**
     * Returns credentials of a key and a chain that are in memory.
     *
     * @throws IOException if they do not belong together, or the chain is empty
     */
    public static Credentials of(PrivateKey key, List<X509Certificate> chain) throws IOException {
        if (chain.isEmpty()) {
            throw new IOException("a chain has at least one certificate");
        }
        return checked(chain, key, "the chain");
    }

    /**
     * Reads a certificate chain and a key in PEM: PKCS#8, PKCS#1, SEC 1. Both may stand in one file.
     *
     * @throws IOException if a file cannot be read or does not hold what it should; the message names the file, the
     *     block and the line
     */
    public static Credentials pem(Path chain, Path key) throws IOException {
        return pem(chain, key, null);
    }

    /**
     * Reads a certificate chain and a key in PEM, which may be encrypted (PKCS#8).
     *
     * @param password of the key, {@code null} if it has none
     * @throws IOException if a file cannot be read or does not hold what it should; the message names the file, the
     *     block and the line
     */
    public static Credentials pem(Path chain, Path key, char @Nullable [] password) throws IOException {
        return checked(certificates(chain), keyIn(key, password), chain + " and " + key);
    }

    /**
     * Reads a key and its chain from a PKCS#12 or JKS file: the first entry that has a key.
     *
     * @throws IOException if the file cannot be read, has no key, or the password is wrong
     */
    public static Credentials keyStore(Path file, char[] password) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance(file.toFile(), password);
            for (String alias : Collections.list(store.aliases())) {
                if (store.getKey(alias, password) instanceof PrivateKey key) {
                    List<X509Certificate> chain = new ArrayList<>();
                    for (Certificate certificate : store.getCertificateChain(alias)) {
                        chain.add((X509Certificate) certificate);
                    }
                    return checked(chain, key, file + ", entry " + alias);
                }
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
        throw new IOException(file + " holds no private key");
    }

    /**
     * Reads all certificates of a PEM file, for instance those to trust.
     *
     * @throws IOException if the file cannot be read or a certificate is broken; the message names the block
     */
    public static List<X509Certificate> certificates(Path file) throws IOException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Pem.Block block : Pem.read(file)) {
            if (block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE")) {
                certificates.add(certificate(block));
            }
        }
        if (certificates.isEmpty()) {
            throw new IOException(file + " holds no certificate");
        }
        return certificates;
    }

    /** Reads what this program has written itself: key and certificate are taken to belong together. */
    static Credentials own(Path file) throws IOException {
        return new Credentials(keyIn(file, null), certificates(file));
    }

    private static X509Certificate certificate(Pem.Block block) throws IOException {
        try {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(block.der()));
        } catch (CertificateException e) {
            throw block.wrong("is no certificate", e);
        }
    }

    private static PrivateKey keyIn(Path file, char @Nullable [] password) throws IOException {
        for (Pem.Block block : Pem.read(file)) {
            if (PrivateKeys.isKey(block)) {
                return PrivateKeys.of(block, password);
            }
        }
        throw new IOException(file + " holds no private key");
    }

    private static Credentials checked(List<X509Certificate> chain, PrivateKey key, String where) throws IOException {
        for (int i = 0; i + 1 < chain.size(); i++) {
            try {
                chain.get(i).verify(chain.get(i + 1).getPublicKey());
            } catch (GeneralSecurityException e) {
                throw new IOException(
                        where + ": certificate " + (i + 1) + " is not signed by certificate " + (i + 2)
                                + "; the server's own comes first, each is followed by its issuer's",
                        e);
            }
        }
        if (!fits(key, chain.getFirst().getPublicKey())) {
            throw new IOException(where + ": the key does not belong to the first certificate");
        }
        return new Credentials(key, chain);
    }

    private static boolean fits(PrivateKey key, PublicKey certified) {
        String method = switch (key.getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> key.getAlgorithm();
        };
        byte[] nonce = {1, 2, 3, 4, 5, 6, 7, 8};
        try {
            Signature signing = Signature.getInstance(method);
            signing.initSign(key);
            signing.update(nonce);
            byte[] signature = signing.sign();
            signing.initVerify(certified);
            signing.update(nonce);
            return signing.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static List<String> namesOf(X509Certificate certificate) throws IOException {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
                // 2 is dNSName (RFC 5280 section 4.2.1.6).
                if (name.get(0).equals(2)) {
                    names.add(name.get(1).toString().toLowerCase(Locale.ROOT));
                }
            }
        } catch (CertificateException e) {
            throw new IOException("the certificate's names cannot be read", e);
        }
        return List.copyOf(names);
    }

    /** Returns the private key. */
    public PrivateKey key() {
        return key;
    }

    /** Returns the certificates, the own one first. */
    public List<X509Certificate> chain() {
        return chain;
    }

    /** Returns the host names that the certificate is for, in lower case, wildcards included. */
    public List<String> names() {
        return names;
    }

    /** Returns when the first of the certificates ends. */
    public Instant expires() {
        return chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElseThrow();
    }

    /**
     * Returns what is wrong with the certificates' dates: that one has ended, has not begun, or ends within
     * {@code reserve}; {@code null} if nothing is.
     */
    public @Nullable String warning(Instant now, Duration reserve) {
        for (X509Certificate certificate : chain) {
            String which = certificate == chain.getFirst()
                    ? "the certificate"
                    : "the certificate of " + certificate.getSubjectX500Principal();
            Instant begin = certificate.getNotBefore().toInstant();
            Instant end = certificate.getNotAfter().toInstant();
            if (end.isBefore(now)) {
                return which + " has expired, on " + end;
            }
            if (begin.isAfter(now)) {
                return which + " is not valid before " + begin;
            }
            if (end.isBefore(now.plus(reserve))) {
                return which + " expires soon, on " + end;
            }
        }
        return null;
    }

    /**
     * Returns the SHA-256 digest of the own certificate, as browsers show it: {@code AB:CD:…}.
     *
     * @throws IllegalStateException if the JDK has no SHA-256 or the certificate cannot be encoded
     */
    public String fingerprint() {
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(chain.getFirst().getEncoded());
            return HexFormat.ofDelimiter(":").withUpperCase().formatHex(digest);
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whether the certificate is for exactly that name. */
    boolean isFor(String host) {
        return names.contains(host);
    }

    /** Whether a wildcard of the certificate stands for that name: for its first label alone (RFC 9525 section 6.3). */
    boolean coversByWildcard(String host) {
        int dot = host.indexOf('.');
        return dot > 0 && names.contains("*" + host.substring(dot));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import io.millrace.tls.Credentials;
import io.millrace.tls.DevelopmentCertificate;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.List;

/**
 * The folder in which an account and certificates are kept, which its owner alone can read.
 *
 * <pre>
 *   STORE/HOST-OF-THE-AUTHORITY/account.pem           the account's key
 *   STORE/HOST-OF-THE-AUTHORITY/DOMAIN.pem            a key and its certificates, the server's own first
 *   STORE/HOST-OF-THE-AUTHORITY/temporary/            what is shown before there is one
 * </pre>
 */
final class AcmeStore {
    private static final String PRIVATE = "PRIVATE KEY";
    private static final String PUBLIC = "PUBLIC KEY";

    private final AcmeOptions options;
    private final Path folder;

    AcmeStore(AcmeOptions options) {
        this.options = options;
        this.folder = options.store().resolve(name(options.directory()));
    }

    /** Authorities and their tests have accounts of their own; a port belongs to the name. */
    private static String name(URI directory) {
        String host = directory.getHost() == null ? "unknown" : directory.getHost();
        return (directory.getPort() < 0 ? host : host + "_" + directory.getPort()).replaceAll("[^A-Za-z0-9._-]", "_");
    }

    /** The file with the certificate and its key. */
    Path file() {
        return folder.resolve(options.domains().getFirst() + ".pem");
    }

    /** The certificate that was issued for these domains, {@code null} if there is none that can be used. */
    Credentials issued() {
        try {
            Credentials kept = Credentials.pem(file(), file());
            return kept.names().containsAll(options.domains()) ? kept : null;
        } catch (IOException e) {
            return null;
        }
    }

    /** A certificate of our own making for the time until one is issued: no client trusts it. */
    Credentials temporary() throws IOException {
        return DevelopmentCertificate.in(folder.resolve("temporary"), options.domains());
    }

    /** The key of the account, which is made at the first call. */
    KeyPair account() throws IOException {
        Path file = folder.resolve("account.pem");
        if (!Files.exists(file)) {
            KeyPair made = newKey();
            write(
                    file,
                    block(PRIVATE, made.getPrivate().getEncoded())
                            + block(PUBLIC, made.getPublic().getEncoded()));
        }
        String text = Files.readString(file);
        try {
            KeyFactory factory = KeyFactory.getInstance("EC");
            return new KeyPair(
                    factory.generatePublic(new X509EncodedKeySpec(bytes(text, PUBLIC))),
                    factory.generatePrivate(new PKCS8EncodedKeySpec(bytes(text, PRIVATE))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(file + " holds no key of an account", e);
        }
    }

    private static byte[] bytes(String text, String label) {
        String begin = "-----BEGIN " + label + "-----";
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf("-----END " + label + "-----");
        if (from < begin.length() || to < from) {
            throw new IllegalArgumentException("no " + label);
        }
        return Base64.getMimeDecoder().decode(text.substring(from, to));
    }

    /** A key of its own for each certificate. */
    static KeyPair newKey() throws IOException {
        return generate("EC", new ECGenParameterSpec("secp256r1"));
    }

    /** A key for the certificate that a challenge shows: acme4j signs it by RSA. */
    static KeyPair challengeKey() throws IOException {
        return generate("RSA", new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F4));
    }

    private static KeyPair generate(String algorithm, AlgorithmParameterSpec parameters) throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(parameters);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IOException("this JDK cannot make a key: " + e.getMessage(), e);
        }
    }

    /** Keeps what was issued. Other processes that look find the new file or the one before, whole. */
    void keep(KeyPair key, List<X509Certificate> chain) throws IOException {
        StringBuilder text = new StringBuilder(block(PRIVATE, key.getPrivate().getEncoded()));
        try {
            for (X509Certificate one : chain) {
                text.append(block("CERTIFICATE", one.getEncoded()));
            }
        } catch (CertificateEncodingException e) {
            throw new IOException("the authority's certificate cannot be written", e);
        }
        write(file(), text.toString());
    }

    private static String block(String label, byte[] der) {
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return "-----BEGIN " + label + "-----\n" + lines.encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    private void write(Path file, String text) throws IOException {
        Files.createDirectories(folder, rights("rwx------"));
        Path fresh = Files.createTempFile(folder, "fresh", null, rights("rw-------"));
        try {
            Files.writeString(fresh, text);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private FileAttribute<?>[] rights(String text) {
        return folder.getFileSystem().supportedFileAttributeViews().contains("posix")
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))}
                : new FileAttribute<?>[0];
    }
}

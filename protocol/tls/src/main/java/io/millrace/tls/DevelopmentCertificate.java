// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that signs itself, for development: browsers ask once whether to believe it. It is made when it is
 * first asked for and kept with its key in one file that its owner alone can read, so that what a browser was told
 * remains true at the next start. It holds for 30 days, and a new one is made when fewer than two are left.
 */
public final class DevelopmentCertificate {
    private static final String FILE = "development.pem";
    private static final Duration LIFE = Duration.ofDays(30);
    private static final Duration RESERVE = Duration.ofDays(2);
    private static final byte[] ECDSA_WITH_SHA256 = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));

    private DevelopmentCertificate() {}

    /**
     * Returns the folder in which a user's programs keep their state: {@code millrace} in XDG_STATE_HOME, else in
     * {@code .local/state} of the home folder.
     */
    public static Path usualFolder() {
        String state = System.getenv("XDG_STATE_HOME");
        Path base = state == null || state.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".local", "state")
                : Path.of(state);
        return base.resolve("millrace");
    }

    /** Returns the file in a folder that holds the key and its certificate. */
    public static Path file(Path folder) {
        return folder.resolve(FILE);
    }

    /**
     * Returns the certificate that is kept in a folder if it is for these hosts and still holds, else makes one.
     *
     * @param folder where it is kept; made if it is not there
     * @param hosts names and addresses that it is to be for, the first is its subject
     * @throws IOException if it cannot be kept
     * @throws IllegalArgumentException if there are no hosts
     */
    public static Credentials in(Path folder, List<String> hosts) throws IOException {
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("a certificate is for at least one host");
        }
        Path file = file(folder);
        Credentials kept = kept(file, hosts);
        if (kept != null) {
            return kept;
        }
        keep(folder, file, pem(hosts, Instant.now()));
        return Credentials.own(file);
    }

    /** What cannot be used, for whatever reason, is made anew. */
    private static @Nullable Credentials kept(Path file, List<String> hosts) {
        try {
            if (!isOwnersAlone(file)) {
                return null;
            }
            Credentials kept = Credentials.own(file);
            boolean isFresh = kept.expires().isAfter(Instant.now().plus(RESERVE));
            return isFresh && kept.names().containsAll(namesIn(hosts)) ? kept : null;
        } catch (IOException e) {
            return null;
        }
    }

    private static boolean isOwnersAlone(Path file) throws IOException {
        if (!isPosix(file)) {
            return true;
        }
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(file, LinkOption.NOFOLLOW_LINKS);
        return Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE)
                .containsAll(rights);
    }

    private static boolean isPosix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("posix");
    }

    private static FileAttribute<?>[] rights(Path path, String text) {
        return isPosix(path)
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text))}
                : new FileAttribute<?>[0];
    }

    /** Another program that starts at the same time finds the whole file or none. */
    private static void keep(Path folder, Path file, String pem) throws IOException {
        Files.createDirectories(folder, rights(folder, "rwx------"));
        Path fresh = Files.createTempFile(folder, FILE, null, rights(folder, "rw-------"));
        try {
            Files.writeString(fresh, pem);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static List<String> namesIn(List<String> hosts) {
        return hosts.stream().filter(host -> !isAddress(host)).toList();
    }

    private static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || (c >= '0' && c <= '9'));
    }

    private static String pem(List<String> hosts, Instant now) throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            byte[] body = body(hosts, now, pair.getPublic().getEncoded());
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(body);
            byte[] certificate = Der.sequence(body, ECDSA_WITH_SHA256, Der.bits(signature.sign()));
            return block("PRIVATE KEY", pair.getPrivate().getEncoded()) + block("CERTIFICATE", certificate);
        } catch (GeneralSecurityException e) {
            throw new IOException("this JDK cannot make a certificate: " + e.getMessage(), e);
        }
    }

    private static String block(String label, byte[] der) {
        Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return "-----BEGIN " + label + "-----\n" + lines.encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    /** The TBSCertificate of RFC 5280 section 4.1. */
    private static byte[] body(List<String> hosts, Instant now, byte[] publicKey) throws IOException {
        byte[] name = Der.sequence(
                Der.value(Der.SET, Der.sequence(Der.oid("2.5.4.3"), Der.utf8(hosts.getFirst()))),
                Der.value(Der.SET, Der.sequence(Der.oid("2.5.4.10"), Der.utf8("Millrace development"))));
        Instant from = now.minus(Duration.ofHours(1));
        return Der.sequence(
                Der.value(0xa0, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(127, new SecureRandom()).setBit(126)),
                ECDSA_WITH_SHA256,
                name,
                Der.sequence(Der.time(from), Der.time(now.plus(LIFE))),
                name,
                publicKey,
                Der.value(0xa3, Der.sequence(extensions(hosts))));
    }

    private static byte[][] extensions(List<String> hosts) throws IOException {
        byte[] serverAuthentication = Der.oid("1.3.6.1.5.5.7.3.1");
        return new byte[][] {
            extension("2.5.29.17", false, Der.sequence(alternatives(hosts))),
            extension("2.5.29.19", true, Der.sequence()),
            // digitalSignature alone: the first of eight bits, of which seven are not used.
            extension("2.5.29.15", true, new byte[] {Der.BIT_STRING, 2, 7, (byte) 0x80}),
            extension("2.5.29.37", false, Der.sequence(serverAuthentication))
        };
    }

    private static byte[] extension(String oid, boolean critical, byte[] content) {
        byte[] value = Der.value(Der.OCTET_STRING, content);
        return critical ? Der.sequence(Der.oid(oid), Der.bool(true), value) : Der.sequence(Der.oid(oid), value);
    }

    private static byte[][] alternatives(List<String> hosts) throws IOException {
        List<byte[]> names = new ArrayList<>();
        for (String host : hosts) {
            names.add(
                    isAddress(host)
                            ? Der.value(0x87, InetAddress.getByName(host).getAddress())
                            : Der.value(0x82, host.getBytes(StandardCharsets.US_ASCII)));
        }
        return names.toArray(byte[][]::new);
    }
}

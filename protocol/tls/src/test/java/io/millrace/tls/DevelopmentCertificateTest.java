// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The certificate of our own making: what is in it, who can read it, and that it is kept. */
final class DevelopmentCertificateTest {
    private static final List<String> HOSTS = List.of("localhost", "127.0.0.1", "::1", "box.example");

    @TempDir
    Path folder;

    @Test
    void itIsForItsHostsAndNoAuthority() throws Exception {
        X509Certificate certificate =
                DevelopmentCertificate.in(folder, HOSTS).chain().getFirst();
        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity();
        assertEquals(3, certificate.getVersion());
        assertEquals(-1, certificate.getBasicConstraints());
        assertEquals(List.of("1.3.6.1.5.5.7.3.1"), certificate.getExtendedKeyUsage());
        assertTrue(certificate.getKeyUsage()[0]);
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        assertEquals(
                List.of(
                        List.of(2, "localhost"),
                        List.of(7, "127.0.0.1"),
                        List.of(7, "0:0:0:0:0:0:0:1"),
                        List.of(2, "box.example")),
                List.copyOf(names));
        Duration left =
                Duration.between(Instant.now(), certificate.getNotAfter().toInstant());
        assertTrue(left.toDays() >= 29 && left.toDays() <= 30, left.toString());
    }

    @Test
    void itIsKeptForItsOwnerAlone() throws Exception {
        Path state = folder.resolve("state/millrace");
        Credentials first = DevelopmentCertificate.in(state, HOSTS);
        Path file = DevelopmentCertificate.file(state);
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(state)));
        assertEquals(
                first.fingerprint(), DevelopmentCertificate.in(state, HOSTS).fingerprint());
        try (var files = Files.list(state)) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void oneThatOthersCanReadOrThatIsForOtherHostsIsMadeAnew() throws Exception {
        String first = DevelopmentCertificate.in(folder, HOSTS).fingerprint();
        Path file = DevelopmentCertificate.file(folder);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        String second = DevelopmentCertificate.in(folder, HOSTS).fingerprint();
        assertNotEquals(first, second);
        assertNotEquals(
                second,
                DevelopmentCertificate.in(folder, List.of("other.example")).fingerprint());
        Files.writeString(file, "broken");
        DevelopmentCertificate.in(folder, HOSTS);
        assertThrows(IllegalArgumentException.class, () -> DevelopmentCertificate.in(folder, List.of()));
    }

    @Test
    void datesAreWarnedOf() throws Exception {
        Credentials one = DevelopmentCertificate.in(folder, HOSTS);
        Instant now = Instant.now();
        assertNull(one.warning(now, Duration.ofDays(14)));
        assertTrue(one.warning(now, Duration.ofDays(40)).contains("expires soon, on "));
        assertTrue(one.warning(now.plus(Duration.ofDays(31)), Duration.ZERO).contains("has expired"));
        assertTrue(one.warning(now.minus(Duration.ofDays(1)), Duration.ZERO).contains("not valid before"));
    }

    @Test
    void opensslAcceptsIt() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "openssl is not installed");
        DevelopmentCertificate.in(folder, HOSTS);
        String file = DevelopmentCertificate.file(folder).toString();
        Process usual = new ProcessBuilder(
                        "openssl",
                        "verify",
                        "-purpose",
                        "sslserver",
                        "-verify_hostname",
                        "localhost",
                        "-CAfile",
                        file,
                        file)
                .redirectErrorStream(true)
                .start();
        String usualSaid = new String(usual.getInputStream().readAllBytes());
        assertEquals(0, usual.waitFor(), usualSaid);
    }
}

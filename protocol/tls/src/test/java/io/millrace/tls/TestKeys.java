// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;

/** Keys and certificates of an authority that is made up; valid until 2126. */
final class TestKeys {
    private TestKeys() {}

    /** A copy of a resource as a file. */
    static Path file(String name) {
        try {
            return Path.of(TestKeys.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static String text(String name) {
        try {
            return Files.readString(file(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The chain and key of that name. */
    static Credentials of(String name) {
        try {
            return Credentials.pem(file(name + ".pem"), file(name + ".key"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<X509Certificate> authority() {
        try {
            return Credentials.certificates(file("ca.pem"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Options of a client that trusts the authority. */
    static TlsOptions trusting() {
        return TlsOptions.DEFAULT.withTrusted(authority());
    }
}

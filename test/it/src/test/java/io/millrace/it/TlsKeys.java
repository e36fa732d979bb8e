// SPDX-License-Identifier: Apache-2.0
package io.millrace.it;

import io.millrace.tls.Credentials;
import io.millrace.tls.TlsOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;

/** Keys and certificates of an authority that is made up; valid until 2126. */
final class TlsKeys {
    private static final String FOLDER = "protocol/tls/src/test/resources/io/millrace/tls";

    private TlsKeys() {}

    /** A file of the tests of the room tls. */
    static Path file(String name) {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve(FOLDER))) {
            folder = Objects.requireNonNull(folder.getParent(), "not started inside the checkout");
        }
        return folder.resolve(FOLDER).resolve(name);
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

// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * What is asked of which authority.
 *
 * @param domains the names that the certificate is to be for, the first is what it is kept under
 * @param directory where the authority's directory is
 * @param root a file in PEM with authorities that may vouch for the directory itself, {@code null} for those of the JDK
 * @param email where the authority may write to, {@code null} for nowhere
 * @param store the folder in which the account's key and certificates are kept
 * @param agreed whether the authority's terms of service are agreed to
 * @param ways how the authority may check the names; at least one
 */
public record AcmeOptions(
        List<String> domains,
        URI directory,
        Path root,
        String email,
        Path store,
        boolean agreed,
        Set<ChallengeWay> ways) {

    /** The directory of Let's Encrypt. */
    public static final URI LETS_ENCRYPT = URI.create("https://acme-v02.api.letsencrypt.org/directory");

    /** The directory of Let's Encrypt for tests: browsers do not trust its certificates, and its limits are wide. */
    public static final URI LETS_ENCRYPT_STAGING = URI.create("https://acme-staging-v02.api.letsencrypt.org/directory");

    /** How an authority checks that a name leads to this server. */
    public enum ChallengeWay {
        /** By a text at port 80, in the clear. */
        HTTP_01,

        /** By a certificate at port 443. */
        TLS_ALPN_01
    }

    /**
     * Checks and copies.
     *
     * @throws IllegalArgumentException for no domain, one that no certificate can be ordered for here, or no way
     */
    public AcmeOptions {
        domains = domains.stream().map(AcmeOptions::domain).distinct().toList();
        ways = Set.copyOf(ways);
        Objects.requireNonNull(directory);
        Objects.requireNonNull(store);
        if (domains.isEmpty() || ways.isEmpty()) {
            throw new IllegalArgumentException("a certificate is for at least one name, which is checked in some way");
        }
        if (email != null && !email.matches("[^@\\s]+@[^@\\s]+")) {
            throw new IllegalArgumentException("no address of mail: " + email);
        }
    }

    /** Returns options for Let's Encrypt, with nothing agreed to. */
    public static AcmeOptions of(Path store, String... domains) {
        return new AcmeOptions(List.of(domains), LETS_ENCRYPT, null, null, store, false, Set.of(ChallengeWay.values()));
    }

    private static String domain(String text) {
        String name = text.strip().toLowerCase(Locale.ROOT);
        if (name.startsWith("*.")) {
            throw new IllegalArgumentException(
                    name + ": authorities check wildcards by DNS alone (dns-01), which is not done here");
        }
        if (!name.matches("[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
                || name.matches("[0-9.]+")) {
            throw new IllegalArgumentException("no domain: '" + name + "'");
        }
        return name;
    }

    /**
     * Returns a copy with another authority, and with those that vouch for its directory, {@code null} for the JDK's.
     */
    public AcmeOptions withDirectory(URI other, Path root) {
        return new AcmeOptions(domains, other, root, email, store, agreed, ways);
    }

    /** Returns a copy that gives the authority an address of mail, {@code null} for none. */
    public AcmeOptions withEmail(String address) {
        return new AcmeOptions(domains, directory, root, address, store, agreed, ways);
    }

    /** Returns a copy that agrees to the authority's terms of service, or does not. */
    public AcmeOptions withAgreement(boolean given) {
        return new AcmeOptions(domains, directory, root, email, store, given, ways);
    }

    /** Returns a copy with other ways to check the names. */
    public AcmeOptions withWays(Set<ChallengeWay> others) {
        return new AcmeOptions(domains, directory, root, email, store, agreed, others);
    }
}

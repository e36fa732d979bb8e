// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.value;

import io.millrace.acme.AcmeCertificates;
import io.millrace.acme.AcmeOptions;
import io.millrace.acme.AcmeOptions.ChallengeWay;
import io.millrace.models.IoModel;
import io.millrace.tls.DevelopmentCertificate;
import io.millrace.web.CertificateChallenges;
import java.io.IOException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options of {@code serve} for certificates from an authority. Only a server with {@code --acme} calls what needs
 * the room {@code acme}, whose jars only that server has on its class path.
 */
final class AcmeCommandLine {
    private static final List<String> OTHERS = List.of(
            "--acme-email", "--acme-agree", "--acme-staging", "--acme-directory", "--acme-root", "--acme-store");

    private final Arguments arguments;
    private final CertificateChallenges challenges = new CertificateChallenges();
    private AcmeCertificates certificates;

    AcmeCommandLine(Arguments arguments) {
        this.arguments = arguments;
    }

    static OptionSpec.Builder[] options() {
        return new OptionSpec.Builder[] {
            value(
                    "DOMAIN[,DOMAIN]",
                    String.class,
                    names("--acme"),
                    "Order a certificate for these domains, which lead to this server, from an authority that speaks "
                            + "ACME, and renew it. Implies --tls. The authority looks at port 80 (--redirect 80) or 443."),
            value("ADDRESS", String.class, names("--acme-email"), "Where the authority may write to."),
            flag("--acme-agree", "Agree to the authority's terms of service."),
            flag(
                    "--acme-staging",
                    "Order from Let's Encrypt's authority for tests, whose certificates no browser trusts."),
            value(
                    "URL",
                    String.class,
                    names("--acme-directory"),
                    "The directory of another authority. Default: Let's Encrypt."),
            value(
                    "FILE",
                    String.class,
                    names("--acme-root"),
                    "Trust these authorities, in PEM, when speaking with the directory."),
            value(
                    "DIR",
                    String.class,
                    names("--acme-store"),
                    "Where the account's key and certificates are kept. Default: $XDG_STATE_HOME/millrace/acme.")
        };
    }

    boolean wanted() {
        return arguments.has("--acme");
    }

    /** Checks what can be checked without speaking with the authority. */
    void check() {
        for (String other : OTHERS) {
            if (arguments.has(other) && !wanted()) {
                throw arguments.wrong(other + " is for certificates of an authority: say --acme DOMAIN");
            }
        }
        if (!wanted()) {
            return;
        }
        if (arguments.has("--tls-cert")) {
            throw arguments.wrong("--acme orders what --tls-cert has: say one of them");
        }
        if (arguments.has("--acme-staging") && arguments.has("--acme-directory")) {
            throw arguments.wrong("--acme-staging stands for a directory; --acme-directory names another");
        }
        if (!arguments.has("--acme-agree")) {
            throw arguments.wrong("--acme makes an account, which takes an agreement to the authority's terms of "
                    + "service (Let's Encrypt's are at https://letsencrypt.org/repository/): say --acme-agree");
        }
        if (ways().isEmpty()) {
            throw arguments.wrong(
                    "with --model prefork the authority looks at the port in the clear: say --redirect 80");
        }
        try {
            settings();
        } catch (IllegalArgumentException e) {
            throw arguments.wrong("--acme: " + e.getMessage());
        } catch (NoClassDefFoundError e) {
            throw arguments.wrong("--acme: the jars of millrace-acme are not on the class path");
        }
    }

    /** Workers of PREFORK do not see the challenges, which are kept in this process. */
    private Set<ChallengeWay> ways() {
        Set<ChallengeWay> ways = EnumSet.noneOf(ChallengeWay.class);
        if (arguments.number("--redirect") != null) {
            ways.add(ChallengeWay.HTTP_01);
        }
        if (arguments.model() != IoModel.PREFORK) {
            ways.add(ChallengeWay.TLS_ALPN_01);
        }
        return ways;
    }

    private AcmeOptions settings() {
        String root = arguments.read("--acme-root", null);
        String store = arguments.read("--acme-store", null);
        Path folder = store == null ? DevelopmentCertificate.usualFolder().resolve("acme") : path(store);
        return AcmeOptions.of(folder, arguments.read("--acme", "").split(","))
                .withDirectory(directory(), root == null ? null : path(root))
                .withEmail(arguments.read("--acme-email", null))
                .withAgreement(true)
                .withWays(ways());
    }

    private URI directory() {
        String url = arguments.read("--acme-directory", null);
        if (url == null) {
            return arguments.has("--acme-staging") ? AcmeOptions.LETS_ENCRYPT_STAGING : AcmeOptions.LETS_ENCRYPT;
        }
        return URI.create(url);
    }

    private Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw arguments.wrong("not a path: " + e.getInput());
        }
    }

    /** What the server answers the authority with. */
    CertificateChallenges challenges() {
        return challenges;
    }

    /** What orders the certificates; the same at each call. */
    AcmeCertificates certificates() {
        if (certificates == null) {
            try {
                certificates = AcmeCertificates.of(settings(), challenges);
            } catch (IOException e) {
                throw arguments.wrong("--acme-root: " + TlsCommandLine.why(e));
            }
        }
        return certificates;
    }

    /** What the banner says of the authority. */
    String line() {
        return "from " + settings().directory().getHost()
                + (certificates().isIssued()
                        ? ", renewed in time"
                        : ": being ordered; until it is there clients are shown one that they do not trust");
    }
}

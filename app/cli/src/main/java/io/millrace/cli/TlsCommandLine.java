// SPDX-License-Identifier: Apache-2.0
package io.millrace.cli;

import static io.millrace.cli.Options.flag;
import static io.millrace.cli.Options.names;
import static io.millrace.cli.Options.number;
import static io.millrace.cli.Options.value;

import io.millrace.models.IoModel;
import io.millrace.tls.Credentials;
import io.millrace.tls.DevelopmentCertificate;
import io.millrace.tls.JdkProvider;
import io.millrace.tls.TlsContext;
import io.millrace.tls.TlsOptions;
import io.millrace.tls.TlsOptions.ClientCertificate;
import io.millrace.tls.TlsProvider;
import io.millrace.web.CredentialsReloader;
import io.millrace.web.TlsProviders;
import io.millrace.workers.WorkerTie;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/** The options of a command that are for TLS, and what they ask for in the terms of the library. */
final class TlsCommandLine {
    private static final int WATCH_SECONDS = 10;
    private static final Path HOST_NAME = Path.of("/proc/sys/kernel/hostname");
    private static final List<String> LOCAL = List.of("localhost", "127.0.0.1", "::1");

    private final Arguments arguments;
    private final AcmeCommandLine acme;

    TlsCommandLine(Arguments arguments) {
        this.arguments = arguments;
        this.acme = new AcmeCommandLine(arguments);
    }

    /** What is for certificates of an authority. */
    AcmeCommandLine acme() {
        return acme;
    }

    // ---- the table

    static OptionSpec.Builder[] options() {
        return new OptionSpec.Builder[] {
            flag(
                    "--tls",
                    "Speak HTTPS, by default on port 8443. Without --tls-cert by a certificate for development, which is "
                            + "made at the first start and kept."),
            files(
                    "--tls-cert",
                    "Certificate chain in PEM, the server's own first; or a PKCS#12 file with the key. "
                            + "Implies --tls. May be repeated: the name that the client asks for chooses."),
            files("--tls-key", "Private key in PEM, one for each --tls-cert. Default: it is in the same file."),
            value(
                    "FILE",
                    String.class,
                    names("--tls-key-password-file"),
                    "The first line of this file decrypts the keys."),
            value("1.2|1.3", String.class, names("--tls-min"), "The oldest version that is spoken. Default: 1.2.")
                    .converters(TlsCommandLine::version),
            value(
                    "FILE",
                    String.class,
                    names("--client-ca"),
                    "Ask clients for certificates that these authorities, in PEM, have signed."),
            value(
                            "require|optional",
                            String.class,
                            names("--client-cert"),
                            "Whether a client must have one. Default: require.")
                    .converters(TlsCommandLine::clientCertificate),
            value(
                            "auto|jdk|openssl",
                            String.class,
                            names("--tls-engine"),
                            "What encrypts: OpenSSL 3 where it is installed, else the JDK (auto, the default); or one of "
                                    + "the two.")
                    .converters(TlsCommandLine::engine),
            value(
                    "FILE",
                    String.class,
                    names("--ticket-key"),
                    "32 bytes or more that several servers share, to resume each other's sessions. OpenSSL alone, whose "
                            + "worker processes (prefork) share a secret of their own without this."),
            flag("--no-ktls", "Encrypt files here, even where the operating system could do it as it sends them."),
            number(
                    "SECONDS",
                    0,
                    names("--tls-watch"),
                    "Look so often whether the files have changed, and use the new ones; 0: only at SIGHUP. Default: "
                            + WATCH_SECONDS + ".")
        };
    }

    private static OptionSpec.Builder files(String name, String text) {
        return value("FILE", List.class, names(name), text).auxiliaryTypes(String.class);
    }

    private static String version(String text) {
        return oneOf(text, "1.2", "1.3");
    }

    private static String clientCertificate(String text) {
        return oneOf(text, "require", "optional");
    }

    private static String engine(String text) {
        if (!TlsProviders.NAMES.contains(text)) {
            throw new TypeConversionException("'" + text + "' is not one of " + String.join(", ", TlsProviders.NAMES));
        }
        return text;
    }

    private static String oneOf(String text, String first, String second) {
        if (!text.equals(first) && !text.equals(second)) {
            throw new TypeConversionException("'" + text + "' is not one of " + first + ", " + second);
        }
        return text;
    }

    // ---- what they ask for

    boolean wanted() {
        return arguments.has("--tls") || arguments.has("--tls-cert") || acme.wanted();
    }

    /** Checks what can be checked without reading a file. */
    void check() {
        List<String> certificates = arguments.all("--tls-cert");
        List<String> keys = arguments.all("--tls-key");
        if (!keys.isEmpty() && keys.size() != certificates.size()) {
            throw arguments.wrong("--tls-key is said once for each --tls-cert, in the same order");
        }
        if (arguments.has("--client-cert") && !arguments.has("--client-ca")) {
            throw arguments.wrong("--client-cert needs --client-ca, the authorities that clients' certificates are of");
        }
        for (String other : List.of(
                "--client-ca",
                "--tls-min",
                "--tls-key-password-file",
                "--tls-watch",
                "--tls-engine",
                "--ticket-key",
                "--no-ktls")) {
            if (arguments.has(other) && !wanted()) {
                throw arguments.wrong(other + " is for TLS: say --tls, or --tls-cert");
            }
        }
        acme.check();
        files();
    }

    /** Whether the certificate is one for development, of our own making. */
    boolean isDevelopment() {
        return arguments.all("--tls-cert").isEmpty() && !acme.wanted();
    }

    /** The files that a change of credentials shows in. */
    List<Path> files() {
        if (acme.wanted()) {
            return List.of(acme.certificates().file());
        }
        if (isDevelopment()) {
            return List.of(DevelopmentCertificate.file(DevelopmentCertificate.usualFolder()));
        }
        Set<Path> files = new LinkedHashSet<>();
        arguments.all("--tls-cert").forEach(file -> files.add(path(file)));
        arguments.all("--tls-key").forEach(file -> files.add(path(file)));
        return List.copyOf(files);
    }

    private Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw arguments.wrong("not a path: " + e.getInput());
        }
    }

    /**
     * Reads the credentials.
     *
     * @throws IOException if they cannot be read, saying which file, block and line
     */
    List<Credentials> load() throws IOException {
        if (acme.wanted()) {
            return List.of(acme.certificates().load());
        }
        if (isDevelopment()) {
            return List.of(DevelopmentCertificate.in(DevelopmentCertificate.usualFolder(), hosts()));
        }
        List<String> certificates = arguments.all("--tls-cert");
        List<String> keys = arguments.all("--tls-key");
        char[] password = password();
        List<Credentials> all = new ArrayList<>();
        for (int i = 0; i < certificates.size(); i++) {
            Path chain = path(certificates.get(i));
            boolean isStore = keys.isEmpty() && isKeyStore(chain);
            Path key = keys.isEmpty() ? chain : path(keys.get(i));
            all.add(isStore ? Credentials.keyStore(chain, password) : Credentials.pem(chain, key, password));
        }
        return all;
    }

    private static boolean isKeyStore(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".p12") || name.endsWith(".pfx") || name.endsWith(".jks");
    }

    private char[] password() throws IOException {
        String file = arguments.read("--tls-key-password-file", null);
        return file == null
                ? null
                : Files.readString(path(file), StandardCharsets.UTF_8)
                        .lines()
                        .findFirst()
                        .orElse("")
                        .toCharArray();
    }

    /** Those under which this machine can be meant by itself. */
    private static List<String> hosts() {
        List<String> hosts = new ArrayList<>(LOCAL);
        try {
            String name = Files.readString(HOST_NAME).trim().toLowerCase(Locale.ROOT);
            if (name.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?") && !hosts.contains(name)) {
                hosts.add(name);
            }
        } catch (IOException e) {
            // A system without that file has the other names.
        }
        return hosts;
    }

    /**
     * Makes the context.
     *
     * @param protocols ALPN names, the preferred one first
     * @throws IOException as {@link #load}
     */
    TlsContext context(String... protocols) throws IOException {
        TlsOptions options = TlsOptions.DEFAULT
                .withApplicationProtocols(protocols)
                .withOnlyLatest(arguments.read("--tls-min", "1.2").equals("1.3"));
        for (Credentials one : load()) {
            options = options.with(one);
        }
        String authorities = arguments.read("--client-ca", null);
        if (authorities != null) {
            List<X509Certificate> trusted = Credentials.certificates(path(authorities));
            boolean isOptional = arguments.read("--client-cert", "require").equals("optional");
            options = options.withClientCertificates(
                    isOptional ? ClientCertificate.OPTIONAL : ClientCertificate.REQUIRED, trusted);
        }
        String secret = arguments.read("--ticket-key", null);
        if (secret != null) {
            options = withTicketSecret(options, path(secret));
        }
        TlsProvider provider = provider();
        byte[] shared = WorkerTie.secret();
        if (secret == null && shared.length > 0 && !(provider instanceof JdkProvider)) {
            options = options.withTicketSecret(shared);
        }
        return TlsContext.server(options.withKernel(!arguments.has("--no-ktls")), provider);
    }

    private static TlsOptions withTicketSecret(TlsOptions options, Path file) throws IOException {
        try {
            return options.withTicketSecret(Files.readAllBytes(file));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    /** What encrypts, and why it is not OpenSSL where it is not. */
    static String engineLine(TlsContext context) {
        String kernel = context.usesKernel() ? TlsProviders.whyNoKernelTls() : "--no-ktls";
        String reason = context.provider() instanceof JdkProvider ? TlsProviders.whyNoOpenSsl() : kernel;
        return "engine: " + context.provider().name() + (reason == null ? "" : "; " + reason);
    }

    /** The provider asked for; that it cannot be used here is said as what it is. */
    private TlsProvider provider() throws IOException {
        try {
            return TlsProviders.named(arguments.read("--tls-engine", "auto"));
        } catch (IllegalStateException e) {
            throw new IOException("--tls-engine: " + e.getMessage(), e);
        }
    }

    /** Why credentials could not be read; the JDK's own exceptions name the file and no reason. */
    static String why(IOException failure) {
        return switch (failure) {
            case NoSuchFileException none -> none.getFile() + ": no such file";
            case AccessDeniedException denied -> denied.getFile() + ": no permission";
            default -> StartFailure.message(failure);
        };
    }

    /**
     * Makes SIGHUP, and a change of the files, replace what can be replaced: certificates, and the workers of PREFORK.
     * Returns what does it, {@code null} for a server without TLS.
     *
     * @param context the server's, {@code null} for none
     * @param renewal replaces the workers
     */
    CredentialsReloader reloadOnHangup(Shutdown shutdown, TlsContext context, IoModel model, Runnable renewal) {
        boolean hasWorkers = model == IoModel.PREFORK;
        if (context == null) {
            if (hasWorkers) {
                shutdown.reloadOnHangup(renewal);
            }
            return null;
        }
        CredentialsReloader reloader = reloader(context);
        if (hasWorkers) {
            reloader.onReplaced(renewal);
        }
        shutdown.reloadOnHangup(reloader::reload);
        if (acme.wanted()) {
            acme.certificates().start(reloader::reload);
        }
        return reloader;
    }

    /** What reads the files again, and looks at them by itself unless that was not wanted. */
    CredentialsReloader reloader(TlsContext context) {
        CredentialsReloader reloader = CredentialsReloader.of(context, files(), this::load);
        int seconds = arguments.read("--tls-watch", WATCH_SECONDS);
        return seconds == 0 ? reloader : reloader.watch(Duration.ofSeconds(seconds));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.web;

import io.millrace.tls.Credentials;
import io.millrace.tls.TlsContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * Reads a server's certificates and keys again, when it is told to or when their files change. Files that cannot be
 * used leave those in use that were there before, and the log says why. Handshakes from then on use the new ones;
 * connections that stand are not touched. Any thread may call.
 *
 * <pre>{@code
 * CredentialsReloader reloader = CredentialsReloader.of(tls, List.of(chain, key),
 *         () -> List.of(Credentials.pem(chain, key))).watch(Duration.ofSeconds(10));
 * }</pre>
 */
public final class CredentialsReloader implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.millrace.web");

    /** The log warns so long before a certificate ends, once a day. */
    public static final Duration RESERVE = Duration.ofDays(14);

    private static final Duration DAY = Duration.ofDays(1);

    /** Reads credentials from where they are kept. */
    @FunctionalInterface
    public interface Source {
        /**
         * Reads all of them, the default first.
         *
         * @throws IOException if they cannot be read, or are not what they should be; the message says why
         */
        List<Credentials> load() throws IOException;
    }

    private final TlsContext context;
    private final List<Path> files;
    private final Source source;
    private final Supplier<Instant> now;
    private Runnable replaced = () -> {};
    private List<String> seen;
    private Instant warned = Instant.MIN;
    private Thread watcher;

    /** For tests: another clock. */
    CredentialsReloader(TlsContext context, List<Path> files, Source source, Supplier<Instant> now) {
        this.context = context;
        this.files = List.copyOf(files);
        this.source = source;
        this.now = now;
        this.seen = look();
    }

    /**
     * Returns a reloader of a context.
     *
     * @param files what is looked at for changes
     */
    public static CredentialsReloader of(TlsContext context, List<Path> files, Source source) {
        return new CredentialsReloader(context, files, Objects.requireNonNull(source), Instant::now);
    }

    /** Sets what to do when credentials have been replaced, on the thread that did it. */
    public synchronized CredentialsReloader onReplaced(Runnable action) {
        replaced = Objects.requireNonNull(action);
        return this;
    }

    /**
     * Looks at the files so often, on a daemon thread, until {@link #close}.
     *
     * @throws IllegalArgumentException if {@code every} is not positive
     */
    public synchronized CredentialsReloader watch(Duration every) {
        if (every.isNegative() || every.isZero()) {
            throw new IllegalArgumentException("files cannot be looked at every " + every);
        }
        if (watcher == null) {
            watcher = Thread.ofPlatform().daemon().name("millrace-tls-watch").start(() -> run(every));
        }
        return this;
    }

    private void run(Duration every) {
        try {
            while (true) {
                Thread.sleep(every);
                check();
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /** Reads the files again if they have changed, and says once a day that a certificate ends soon. */
    synchronized void check() {
        if (!look().equals(seen)) {
            reload();
        } else if (warning() != null && !now.get().isBefore(warned.plus(DAY))) {
            warned = now.get();
            // What is made by this program is made anew in time.
            reload();
            String warning = warning();
            if (warning != null) {
                LOG.log(System.Logger.Level.WARNING, "TLS: " + warning);
            }
        }
    }

    private String warning() {
        for (Credentials one : context.credentials()) {
            String warning = one.warning(now.get(), RESERVE);
            if (warning != null) {
                return warning;
            }
        }
        return null;
    }

    /** Reads the files again and returns whether they are used from now on. */
    public synchronized boolean reload() {
        List<Credentials> before = context.credentials();
        seen = look();
        try {
            List<Credentials> fresh = source.load();
            context.replace(fresh);
            if (!fingerprints(fresh).equals(fingerprints(before))) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "TLS: new certificate, valid until " + fresh.getFirst().expires() + ", SHA-256 "
                                + fresh.getFirst().fingerprint());
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "TLS: the certificate stays as it is: " + e.getMessage());
            return false;
        }
        replaced.run();
        return true;
    }

    private static List<String> fingerprints(List<Credentials> all) {
        return all.stream().map(Credentials::fingerprint).toList();
    }

    /** What tells one version of the files from another; links are followed, for many change by a link. */
    private List<String> look() {
        List<String> all = new ArrayList<>();
        for (Path file : files) {
            try {
                BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
                all.add(facts.lastModifiedTime() + " " + facts.size() + " " + facts.fileKey());
            } catch (IOException e) {
                all.add("none");
            }
        }
        return all;
    }

    /** Looks no more. */
    @Override
    public synchronized void close() {
        if (watcher != null) {
            watcher.interrupt();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import io.millrace.acme.AcmeOptions.ChallengeWay;
import io.millrace.tls.Credentials;
import io.millrace.web.CertificateChallenges;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;

/**
 * Keeps a server in certificates: orders the first, and each next one in time. What fails is logged and tried again
 * later; meanwhile the certificate that is there stays in use. Any thread may call.
 *
 * <pre>{@code
 * CertificateChallenges challenges = new CertificateChallenges();
 * AcmeCertificates acme = AcmeCertificates.of(AcmeOptions.of(store, "example.org").withAgreement(true), challenges);
 * TlsContext tls = TlsContext.server(TlsOptions.DEFAULT.with(acme.load()).withApplicationProtocols("h2", "http/1.1"));
 * WebServer.on(443).everywhere().tls(tls).redirectFrom(80).challenges(challenges).start();
 * acme.start(() -> tls.replace(List.of(acme.load())));
 * }</pre>
 */
public final class AcmeCertificates implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("io.millrace.acme");

    /** The thread looks at the clock at least so often, in case that was set or the machine slept. */
    private static final Duration LONGEST_SLEEP = Duration.ofHours(1);

    /** What is done when a certificate was issued. */
    @FunctionalInterface
    public interface Issued {
        /**
         * Uses {@link AcmeCertificates#load}.
         *
         * @throws IOException if that fails; it is logged
         */
        void use() throws IOException;
    }

    private final List<ChallengeWay> ways;
    private final AcmeOptions options;
    private final AcmeStore store;
    private final CertificateOrder order;
    private final RenewalSchedule schedule;
    private final Supplier<Instant> now;
    private Issued issued = () -> {};
    private Thread thread;

    // What follows belongs to the thread.
    private String plannedFor;
    private Instant renewal = Instant.MAX;
    private Instant look = Instant.MIN;
    private String window = "";
    private Instant retry = Instant.MIN;
    private int failures;

    /** For tests: another clock. */
    AcmeCertificates(AcmeOptions options, CertificateChallenges challenges, Supplier<Instant> now) throws IOException {
        if (!options.agreed()) {
            throw new IllegalArgumentException("an account takes an agreement to the authority's terms of service");
        }
        this.options = options;
        this.ways = options.ways().stream().sorted().toList();
        this.store = new AcmeStore(options);
        this.order = new CertificateOrder(options, store, Objects.requireNonNull(challenges));
        this.schedule = new RenewalSchedule(RandomGenerator.getDefault());
        this.now = now;
    }

    /**
     * Prepares for an authority; speaks with none before {@link #start}.
     *
     * @param challenges what the server at the domains answers with
     * @throws IOException if the file with the authority's roots cannot be read
     * @throws IllegalArgumentException if the terms of service are not agreed to
     */
    public static AcmeCertificates of(AcmeOptions options, CertificateChallenges challenges) throws IOException {
        return new AcmeCertificates(options, challenges, Instant::now);
    }

    /**
     * Returns the certificate that was issued last, or, before there is one, one of our own making that no client
     * trusts.
     *
     * @throws IOException if that cannot be kept in the store
     */
    public Credentials load() throws IOException {
        Credentials there = store.issued();
        return there == null ? store.temporary() : there;
    }

    /** Returns whether a certificate was issued and is kept. */
    public boolean isIssued() {
        return store.issued() != null;
    }

    /** Returns the file that a certificate and its key are kept in, once there is one. */
    public Path file() {
        return store.file();
    }

    /** Returns what was asked for. */
    public AcmeOptions options() {
        return options;
    }

    /**
     * Orders and renews from now on, on a daemon thread, until {@link #close}. {@code use} is called on that thread.
     */
    public synchronized void start(Issued use) {
        if (thread == null) {
            issued = Objects.requireNonNull(use);
            thread = Thread.ofPlatform().daemon().name("millrace-acme").start(this::run);
        }
    }

    private void run() {
        try {
            while (true) {
                Duration wait = Duration.between(now.get(), step());
                if (wait.isPositive()) {
                    Thread.sleep(wait.compareTo(LONGEST_SLEEP) < 0 ? wait : LONGEST_SLEEP);
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /** Does what is due, and returns when to look again. */
    Instant step() throws InterruptedException {
        Instant time = now.get();
        if (time.isBefore(retry)) {
            return retry;
        }
        Credentials current = store.issued();
        if (current != null) {
            plan(current, time);
            if (time.isBefore(renewal)) {
                return renewal.isBefore(look) ? renewal : look;
            }
        }
        return renew(current);
    }

    private Instant renew(Credentials current) throws InterruptedException {
        try {
            order.place(ways.get(failures % ways.size()), current);
            failures = 0;
            retry = Instant.MIN;
            Credentials fresh = load();
            LOG.log(
                    System.Logger.Level.INFO,
                    "a certificate was issued for " + options.domains() + ", valid until " + fresh.expires());
            issued.use();
            return now.get();
        } catch (AcmeException | IOException | RuntimeException e) {
            failures++;
            Instant earliest = e instanceof AcmeRateLimitedException limited
                    ? limited.getRetryAfter().orElse(null)
                    : null;
            retry = schedule.retry(now.get(), failures, earliest);
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no certificate for " + options.domains() + ": " + why(e) + "; the next attempt is at " + retry);
            return retry;
        }
    }

    /** The reason beneath: acme4j wraps what the network says. */
    private static String why(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && cause.getCause().getMessage() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    // ---- when

    /** When the current certificate is to be renewed: as the authority suggests, else after two thirds of its life. */
    private void plan(Credentials current, Instant time) {
        X509Certificate own = current.chain().getFirst();
        if (!current.fingerprint().equals(plannedFor)) {
            plannedFor = current.fingerprint();
            window = "";
            look = time;
            renewal = schedule.byLife(
                    own.getNotBefore().toInstant(), own.getNotAfter().toInstant());
        }
        if (!time.isBefore(look)) {
            look = schedule.nextLook(time, null);
            ask(current, time);
        }
    }

    private void ask(Credentials current, Instant time) {
        try {
            RenewalInfo info = order.suggestion(current);
            if (info != null) {
                look = schedule.nextLook(time, info.getRetryAfter().orElse(null));
                suggest(info, current.expires());
            }
        } catch (AcmeException | IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the authority suggests no time to renew: " + why(e));
        }
    }

    /** A window that was there before keeps the time that was chosen in it. */
    private void suggest(RenewalInfo info, Instant expires) {
        Instant from = info.getSuggestedWindowStart();
        Instant until = info.getSuggestedWindowEnd();
        String suggested = from + " " + until;
        if (!suggested.equals(window) && from.isBefore(expires)) {
            window = suggested;
            renewal = schedule.inWindow(from, until);
            LOG.log(System.Logger.Level.DEBUG, "the authority suggests to renew at " + renewal);
        }
    }

    /** Orders and renews no more. What is under way is broken off. */
    @Override
    public synchronized void close() {
        if (thread != null) {
            thread.interrupt();
        }
    }
}

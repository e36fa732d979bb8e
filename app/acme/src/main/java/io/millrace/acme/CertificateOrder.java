// SPDX-License-Identifier: Apache-2.0
package io.millrace.acme;

import io.millrace.acme.AcmeOptions.ChallengeWay;
import io.millrace.tls.Credentials;
import io.millrace.web.CertificateChallenges;
import java.io.IOException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.OrderBuilder;
import org.shredzone.acme4j.RenewalInfo;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.connector.Resource;
import org.shredzone.acme4j.exception.AcmeException;

/** Speaks with the authority: account, order, challenges, certificate. Blocks; for one thread at a time. */
final class CertificateOrder {
    private static final System.Logger LOG = System.getLogger("io.millrace.acme");

    /** For each thing that the authority has to do. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final AcmeOptions options;
    private final AcmeStore store;
    private final CertificateChallenges challenges;
    private final AuthorityProvider provider;
    private Session session;

    CertificateOrder(AcmeOptions options, AcmeStore store, CertificateChallenges challenges) throws IOException {
        this.options = options;
        this.store = store;
        this.challenges = challenges;
        this.provider = new AuthorityProvider(options.root());
    }

    private Session session() {
        if (session == null) {
            session = new Session(options.directory(), provider);
        }
        return session;
    }

    /**
     * Orders a certificate, waits until it is issued, and keeps it.
     *
     * @param way how the names are to be checked, where the authority offers that
     * @param before what it is to replace, {@code null} for nothing
     */
    void place(ChallengeWay way, Credentials before) throws AcmeException, IOException, InterruptedException {
        Login login = login();
        Order order = create(login, before);
        for (Authorization authorization : order.getAuthorizations()) {
            prove(authorization, way);
        }
        expect(order.waitUntilReady(PATIENCE), Status.READY, order);
        KeyPair key = AcmeStore.newKey();
        order.execute(key);
        expect(order.waitForCompletion(PATIENCE), Status.VALID, order);
        store.keep(key, order.getCertificate().getCertificateChain());
    }

    /** The account of our key, which is made if the authority does not know it. */
    private Login login() throws AcmeException, IOException {
        AccountBuilder account = new AccountBuilder().useKeyPair(store.account());
        if (options.agreed()) {
            account.agreeToTermsOfService();
        }
        if (options.email() != null) {
            account.addEmail(options.email());
        }
        return account.createLogin(session());
    }

    private Order create(Login login, Credentials before) throws AcmeException {
        OrderBuilder builder = login.newOrder().domains(options.domains());
        if (before != null
                && session().resourceUrlOptional(Resource.RENEWAL_INFO).isPresent()) {
            builder.replaces(before.chain().getFirst());
        }
        return builder.create();
    }

    private static void expect(Status status, Status wanted, Order order) throws IOException {
        if (status != wanted) {
            throw new IOException("the order is " + status
                    + order.getError().map(problem -> ": " + problem).orElse(""));
        }
    }

    /** What the authority suggests for a certificate; {@code null} if it suggests nothing. */
    RenewalInfo suggestion(Credentials current) throws AcmeException, IOException {
        if (session().resourceUrlOptional(Resource.RENEWAL_INFO).isEmpty()) {
            return null;
        }
        // Anyone may ask: the account is not looked at.
        Login login = session().login(options.directory().toURL(), store.account());
        RenewalInfo info = login.bindRenewalInfo(current.chain().getFirst());
        info.fetch();
        return info;
    }

    // ---- challenges

    private void prove(Authorization authorization, ChallengeWay way)
            throws AcmeException, IOException, InterruptedException {
        if (authorization.getStatus() == Status.VALID) {
            return;
        }
        Challenge challenge = challenge(authorization, way);
        LOG.log(
                System.Logger.Level.DEBUG,
                authorization.getIdentifier().getDomain() + ": the authority looks by " + challenge.getType());
        if (challenge instanceof Http01Challenge text) {
            proveByText(authorization, text);
        } else {
            proveByCertificate(authorization, (TlsAlpn01Challenge) challenge);
        }
    }

    /** The one of the wanted way, else one of another way that this server can answer. */
    private Challenge challenge(Authorization authorization, ChallengeWay way) throws IOException {
        List<ChallengeWay> wanted = new ArrayList<>(List.of(way));
        wanted.addAll(options.ways());
        for (ChallengeWay each : wanted) {
            Challenge found = authorization.findChallenge(type(each)).orElse(null);
            if (found != null) {
                return found;
            }
        }
        throw new IOException(authorization.getIdentifier().getDomain() + ": the authority offers no challenge of "
                + options.ways().stream().map(CertificateOrder::type).toList());
    }

    private static String type(ChallengeWay way) {
        return way == ChallengeWay.HTTP_01 ? Http01Challenge.TYPE : TlsAlpn01Challenge.TYPE;
    }

    private void proveByText(Authorization authorization, Http01Challenge challenge)
            throws AcmeException, IOException, InterruptedException {
        challenges.addText(challenge.getToken(), challenge.getAuthorization());
        try {
            await(authorization, challenge);
        } finally {
            challenges.removeText(challenge.getToken());
        }
    }

    private void proveByCertificate(Authorization authorization, TlsAlpn01Challenge challenge)
            throws AcmeException, IOException, InterruptedException {
        String domain = authorization.getIdentifier().getDomain();
        KeyPair key = AcmeStore.challengeKey();
        challenges.addCertificate(
                domain,
                Credentials.of(
                        key.getPrivate(), List.of(challenge.createCertificate(key, authorization.getIdentifier()))));
        try {
            await(authorization, challenge);
        } finally {
            challenges.removeCertificate(domain);
        }
    }

    private static void await(Authorization authorization, Challenge challenge)
            throws AcmeException, IOException, InterruptedException {
        challenge.trigger();
        Status status = authorization.waitForCompletion(PATIENCE);
        if (status != Status.VALID) {
            challenge.fetch();
            throw new IOException(authorization.getIdentifier().getDomain() + ": the check by " + challenge.getType()
                    + " came to " + status
                    + challenge.getError().map(problem -> ": " + problem).orElse(""));
        }
    }
}

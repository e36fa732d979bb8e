// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the credentials of a handshake by the name that the client asks for: exact before wildcard, else the first
 * that the client can use. They can be replaced while handshakes run: those that have chosen keep what they chose.
 */
final class CredentialsManager extends X509ExtendedKeyManager {

    /** All of one time. An alias is the generation and an index: the generation before is still answered for. */
    private record Generation(
            int number, List<Credentials> all, @Nullable Generation before) {}

    private volatile Generation current;

    CredentialsManager(List<Credentials> all) {
        current = new Generation(0, List.copyOf(all), null);
    }

    synchronized void replace(List<Credentials> all) {
        Generation last = current;
        current = new Generation(last.number + 1, List.copyOf(all), new Generation(last.number, last.all, null));
    }

    @Override
    public @Nullable String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
        SSLSession session = engine.getHandshakeSession();
        String host = session instanceof ExtendedSSLSession extended ? JdkSession.nameIn(extended) : null;
        return alias(keyType, host);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(String[] keyTypes, Principal[] issuers, SSLEngine engine) {
        for (String keyType : keyTypes) {
            String alias = alias(keyType, null);
            if (alias != null) {
                return alias;
            }
        }
        return null;
    }

    private @Nullable String alias(String keyType, @Nullable String host) {
        Generation now = current;
        int dash = keyType.indexOf('_');
        String algorithm = dash < 0 ? keyType : keyType.substring(0, dash);
        for (Credentials candidate : candidates(now.all, host)) {
            if (candidate.chain().getFirst().getPublicKey().getAlgorithm().equals(algorithm)) {
                return now.number + "." + now.all.indexOf(candidate);
            }
        }
        return null;
    }

    private static List<Credentials> candidates(List<Credentials> all, @Nullable String host) {
        if (host == null) {
            return all;
        }
        List<Credentials> exact = those(all, candidate -> candidate.isFor(host));
        if (!exact.isEmpty()) {
            return exact;
        }
        List<Credentials> covering = those(all, candidate -> candidate.coversByWildcard(host));
        return covering.isEmpty() ? all : covering;
    }

    private static List<Credentials> those(List<Credentials> all, Predicate<Credentials> which) {
        return all.stream().filter(which).toList();
    }

    private @Nullable Credentials at(String alias) {
        int dot = alias.indexOf('.');
        int number = Integer.parseInt(alias.substring(0, dot));
        int index = Integer.parseInt(alias.substring(dot + 1));
        for (Generation each = current; each != null; each = each.before) {
            if (each.number == number) {
                return each.all.get(index);
            }
        }
        return null;
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        Credentials found = at(alias);
        return found == null ? null : found.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        Credentials found = at(alias);
        return found == null ? null : found.key();
    }

    @Override
    public String[] getServerAliases(String keyType, Principal[] issuers) {
        return aliases(keyType);
    }

    @Override
    public String[] getClientAliases(String keyType, Principal[] issuers) {
        return aliases(keyType);
    }

    private String[] aliases(String keyType) {
        List<String> found = new ArrayList<>();
        String alias = alias(keyType, null);
        if (alias != null) {
            found.add(alias);
        }
        return found.toArray(String[]::new);
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
        return alias(keyType, null);
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyTypes, Principal[] issuers, Socket socket) {
        return null;
    }
}

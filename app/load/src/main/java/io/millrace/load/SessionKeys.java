// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * What an agent and a coordinator derive from the token and the nonces that they have sent each other: HKDF with
 * SHA-256 (RFC 5869). The nonces make everything new for each connection, so that nothing recorded can be sent again.
 *
 * <p>Who has recorded a connection can try tokens until one fits. A token is therefore random and not a word.
 */
final class SessionKeys {
    static final int NONCE_BYTES = 32;
    static final int PROOF_BYTES = 32;

    private static final int KEY_BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** The two ends, each with a proof and a key of its own: what one has sent is nothing that the other could send. */
    enum End {
        AGENT,
        COORDINATOR
    }

    private final byte[] token;
    private final byte[] agentNonce;
    private final byte[] coordinatorNonce;

    SessionKeys(String token, byte[] agentNonce, byte[] coordinatorNonce) {
        this.token = token.getBytes(StandardCharsets.UTF_8);
        this.agentNonce = agentNonce;
        this.coordinatorNonce = coordinatorNonce;
    }

    static byte[] nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        RANDOM.nextBytes(nonce);
        return nonce;
    }

    /** What only an end can send that knows the token and has seen both nonces. */
    byte[] proof(End end) {
        try {
            return derivation().deriveData(parameters("proof of " + end, PROOF_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HKDF", e);
        }
    }

    /** The key under which an end sends. */
    SecretKey sealing(End end) {
        try {
            return derivation().deriveKey("AES", parameters("key of " + end, KEY_BYTES));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HKDF", e);
        }
    }

    private static KDF derivation() throws GeneralSecurityException {
        return KDF.getInstance("HKDF-SHA256");
    }

    private HKDFParameterSpec parameters(String purpose, int length) {
        return HKDFParameterSpec.ofExtract()
                .addIKM(token)
                .addSalt(agentNonce)
                .addSalt(coordinatorNonce)
                .thenExpand(("millrace load agent 2: " + purpose).getBytes(StandardCharsets.UTF_8), length);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.tls;

import io.millrace.core.RecordKeys;
import io.millrace.core.RecordKeys.Cipher;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Derives the keys of records from a traffic secret (RFC 8446 section 7.3). */
public final class TrafficKeys {
    private static final int IV_BYTES = 12;
    private static final byte[] NOTHING = {};

    private TrafficKeys() {}

    /**
     * Returns the keys for a traffic secret of TLS 1.3, {@code null} for suites that no kernel knows.
     *
     * @param suite the cipher suite by its registered name
     * @param secret the traffic secret of the direction
     * @param sequence the number of the next record
     */
    public static @Nullable RecordKeys of(String suite, byte[] secret, long sequence) {
        return switch (suite) {
            case "TLS_AES_128_GCM_SHA256" -> keys(Cipher.AES_128_GCM, "HKDF-SHA256", 16, secret, sequence);
            case "TLS_AES_256_GCM_SHA384" -> keys(Cipher.AES_256_GCM, "HKDF-SHA384", 32, secret, sequence);
            case "TLS_CHACHA20_POLY1305_SHA256" -> keys(Cipher.CHACHA20_POLY1305, "HKDF-SHA256", 32, secret, sequence);
            default -> null;
        };
    }

    /** Returns whether {@link #of} has keys for a suite. */
    public static boolean isKnown(String suite) {
        return suite.endsWith("_GCM_SHA256") || suite.endsWith("_GCM_SHA384") || suite.endsWith("_POLY1305_SHA256");
    }

    /** Returns the traffic secret that follows another one when keys are updated (RFC 8446 section 7.2). */
    public static byte[] next(String suite, byte[] secret) {
        return expand(hkdf(suite), secret, "traffic upd", NOTHING, secret.length);
    }

    /**
     * Returns bytes that both ends can derive (RFC 8446 section 7.5).
     *
     * @param suite the cipher suite by its registered name
     * @param secret the exporter secret of the session
     * @param label what they are for
     * @param context what they are bound to, may be empty
     * @param length how many
     */
    public static byte[] export(String suite, byte[] secret, String label, byte[] context, int length) {
        String hash = hkdf(suite).replace("HKDF-SHA", "SHA-");
        byte[] derived = expand(hkdf(suite), secret, label, digest(hash, NOTHING), secret.length);
        return expand(hkdf(suite), derived, "exporter", digest(hash, context), length);
    }

    private static byte[] digest(String hash, byte[] bytes) {
        try {
            return MessageDigest.getInstance(hash).digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no " + hash, e);
        }
    }

    private static String hkdf(String suite) {
        return suite.endsWith("SHA384") ? "HKDF-SHA384" : "HKDF-SHA256";
    }

    private static RecordKeys keys(Cipher cipher, String hkdf, int keyBytes, byte[] secret, long sequence) {
        return new RecordKeys(
                cipher,
                expand(hkdf, secret, "key", NOTHING, keyBytes),
                expand(hkdf, secret, "iv", NOTHING, IV_BYTES),
                sequence);
    }

    /** HKDF-Expand-Label (RFC 8446 section 7.1). */
    private static byte[] expand(String hkdf, byte[] secret, String label, byte[] context, int length) {
        byte[] full = ("tls13 " + label).getBytes(StandardCharsets.UTF_8);
        byte[] info = ByteBuffer.allocate(2 + 1 + full.length + 1 + context.length)
                .putShort((short) length)
                .put((byte) full.length)
                .put(full)
                .put((byte) context.length)
                .put(context)
                .array();
        try {
            return KDF.getInstance(hkdf)
                    .deriveData(HKDFParameterSpec.expandOnly(new SecretKeySpec(secret, "Generic"), info, length));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JDK has no HKDF", e);
        }
    }
}
